module zookit/benchmarks/go-client

go 1.21

require (
	github.com/go-zookeeper/zk v1.0.4
	github.com/samuel/go-zookeeper v0.0.0-20201211165307-7117e9ea2414
)
