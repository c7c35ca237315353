// Drives samuel/go-zookeeper through the transcript that ../transcript.ts states. Usage: client HOSTS.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/samuel/go-zookeeper/zk"
)

const timeLimit = 20 * time.Second

type silence struct{}

func (silence) Printf(string, ...interface{}) {}

func check(err error) {
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

func open(hosts string) *zk.Conn {
	conn, events, err := zk.Connect(strings.Split(hosts, ","), 10*time.Second, zk.WithLogger(silence{}))
	check(err)
	for event := range events {
		if event.State == zk.StateHasSession {
			break
		}
	}
	return conn
}

func children(conn *zk.Conn) {
	names, _, err := conn.Children("/app")
	check(err)
	sort.Strings(names)
	fmt.Println("children", strings.Join(names, " "))
}

func tell(events <-chan zk.Event) {
	names := map[zk.EventType]string{zk.EventNodeDataChanged: "CHANGED", zk.EventNodeChildrenChanged: "CHILD"}
	select {
	case event := <-events:
		fmt.Println("event", names[event.Type], event.Path)
	case <-time.After(timeLimit):
		fmt.Println("event missing")
	}
}

func word(holds bool, yes, no string) string {
	if holds {
		return yes
	}
	return no
}

func nodes(conn *zk.Conn) {
	open := zk.WorldACL(zk.PermAll)
	path, err := conn.Create("/app", []byte("v1"), 0, open)
	check(err)
	fmt.Println("create", path)
	data, stat, err := conn.Get("/app")
	check(err)
	fmt.Println("get", string(data), stat.Version)
	stat, err = conn.Set("/app", []byte("v2"), -1)
	check(err)
	fmt.Println("set", stat.Version)
	_, err = conn.Create("/app/e", nil, zk.FlagEphemeral, open)
	check(err)
	_, stat, err = conn.Exists("/app/e")
	check(err)
	fmt.Println("ephemeral", word(stat.EphemeralOwner == conn.SessionID(), "mine", "not mine"))
	for i := 0; i < 2; i++ {
		path, err = conn.Create("/app/s-", nil, zk.FlagSequence, open)
		check(err)
		fmt.Println("sequence", path)
	}
	children(conn)
}

func events(conn *zk.Conn) {
	_, _, changed, err := conn.GetW("/app")
	check(err)
	_, err = conn.Set("/app", []byte("v3"), -1)
	check(err)
	tell(changed)
	_, _, changed, err = conn.ChildrenW("/app")
	check(err)
	_, err = conn.Create("/app/c", nil, 0, zk.WorldACL(zk.PermAll))
	check(err)
	tell(changed)
	check(conn.Delete("/app/c", -1))
	if _, err = conn.Set("/app", nil, 99); err == zk.ErrBadVersion {
		fmt.Println("bad version")
	}
}

func transactions(conn *zk.Conn) {
	open := zk.WorldACL(zk.PermAll)
	results, err := conn.Multi(
		&zk.CreateRequest{Path: "/app/m", Data: []byte("made"), Acl: open},
		&zk.SetDataRequest{Path: "/app", Data: []byte("v4"), Version: -1},
	)
	check(err)
	fmt.Println("multi", word(results[0].String == "/app/m", "done", "failed"))
	_, err = conn.Multi(
		&zk.CreateRequest{Path: "/app/n", Acl: open},
		&zk.CheckVersionRequest{Path: "/app", Version: 99},
	)
	fmt.Println("multi", word(err == zk.ErrBadVersion, "refused", "failed"))
	children(conn)
}

func readSecret(conn *zk.Conn) {
	data, _, err := conn.Get("/app/secret")
	check(err)
	fmt.Println("owner reads", string(data))
}

func secrets(conn, other *zk.Conn) {
	check(conn.AddAuth("digest", []byte("alice:secret")))
	_, err := conn.Create("/app/secret", []byte("hidden"), 0, zk.DigestACL(zk.PermAll, "alice", "secret"))
	check(err)
	readSecret(conn)
	acl, _, err := conn.GetACL("/app/secret")
	check(err)
	fmt.Println("acl", acl[0].Scheme, acl[0].ID, acl[0].Perms)
	if _, _, err = other.Get("/app/secret"); err == zk.ErrNoAuth {
		fmt.Println("stranger refused")
	}
}

// Asks until there is a connection. The client fails what was on its way with ErrConnectionClosed, and with ErrNoServer
// what comes between the end of a connection and its next attempt, which is seldom on an idle machine.
func exists(conn *zk.Conn, path string) (bool, *zk.Stat) {
	for {
		found, stat, err := conn.Exists(path)
		if err != zk.ErrConnectionClosed && err != zk.ErrNoServer {
			check(err)
			return found, stat
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Changes /app until the watch tells. After a reconnect the client sends its watches while requests go out already, and
// with the newest zxid that it has seen: a change that was answered before is not told, and that is its own fault.
func change(conn *zk.Conn, changed <-chan zk.Event) {
	for i := 0; i < 10 && len(changed) == 0; i++ {
		_, err := conn.Set("/app", []byte("v5"), -1)
		check(err)
		for wait := 0; wait < 20 && len(changed) == 0; wait++ {
			time.Sleep(50 * time.Millisecond)
		}
	}
	tell(changed)
}

func reconnect(conn *zk.Conn) {
	session := conn.SessionID()
	_, _, changed, err := conn.GetW("/app")
	check(err)
	fmt.Println("drop")
	bufio.NewReader(os.Stdin).ReadString('\n')
	_, stat := exists(conn, "/app/e")
	kept := stat.EphemeralOwner == session && conn.SessionID() == session
	fmt.Println("session", word(kept, "kept", "lost"))
	readSecret(conn)
	change(conn, changed)
}

func main() {
	conn, other := open(os.Args[1]), open(os.Args[1])
	nodes(conn)
	events(conn)
	transactions(conn)
	secrets(conn, other)
	reconnect(conn)
	check(conn.Delete("/app/m", -1))
	if _, _, err := conn.Get("/app/m"); err == zk.ErrNoNode {
		fmt.Println("deleted")
	}
	conn.Close()
	left, _ := exists(other, "/app/e")
	fmt.Println("ephemeral", word(!left, "gone", "left"))
	other.Close()
}
