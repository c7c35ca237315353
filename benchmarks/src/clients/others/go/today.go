//go:build !samuel

package main

import "github.com/go-zookeeper/zk"

const version = "1.0.4"

type (
	connection = zk.Conn
	setRequest = zk.SetDataRequest
)

var (
	connect    = zk.Connect
	withLogger = zk.WithLogger
	openToAll  = zk.WorldACL(zk.PermAll)
)
