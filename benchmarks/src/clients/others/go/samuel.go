//go:build samuel

package main

import "github.com/samuel/go-zookeeper/zk"

const version = "2020-12-11"

type (
	connection = zk.Conn
	setRequest = zk.SetDataRequest
)

var (
	connect    = zk.Connect
	withLogger = zk.WithLogger
	openToAll  = zk.WorldACL(zk.PermAll)
)
