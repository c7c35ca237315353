// go-zookeeper/zk, or with `-tags samuel` its origin samuel/go-zookeeper: their methods wait for their answers, so each request
// in flight is a goroutine. The lines on stdin and stdout are those of support/cell.ts.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const sampleEvery = 61

type cell struct {
	Hosts    string
	Load     string
	InFlight int
	Node     string
	Payload  int
	Parent   string
	Rate     float64
}

type result struct {
	Ops     int64   `json:"ops"`
	Seconds float64 `json:"seconds"`
	User    float64 `json:"user"`
	System  float64 `json:"system"`
	P50     float64 `json:"p50"`
	P99     float64 `json:"p99"`
	P999    float64 `json:"p999"`
	Rss     int64   `json:"rss"`
}

type silent struct{}

func (silent) Printf(string, ...interface{}) {}

func say(value interface{}) {
	line, _ := json.Marshal(value)
	fmt.Println(string(line))
}

func issueFor(c cell, conn *connection) func(turn int64) error {
	data := []byte(strings.Repeat("x", c.Payload))
	get := func() error { _, _, err := conn.Get(c.Node); return err }
	set := func() error { _, err := conn.Set(c.Node, data, -1); return err }
	ops := make([]interface{}, 10)
	for i := range ops {
		ops[i] = &setRequest{Path: c.Node, Data: data, Version: -1}
	}
	switch c.Load {
	case "getData":
		return func(int64) error { return get() }
	case "setData":
		return func(int64) error { return set() }
	case "exists":
		return func(int64) error { _, _, err := conn.Exists(c.Node); return err }
	case "getChildren":
		return func(int64) error { _, _, err := conn.Children(c.Parent); return err }
	case "mixed":
		return func(turn int64) error {
			if turn%10 == 9 {
				return set()
			}
			return get()
		}
	case "multi":
		return func(int64) error { _, err := conn.Multi(ops...); return err }
	case "createDelete":
		return func(turn int64) error {
			path := fmt.Sprintf("/bench/scratch/%d-%d", os.Getpid(), turn)
			if _, err := conn.Create(path, data, 0, openToAll); err != nil {
				return err
			}
			return conn.Delete(path, -1)
		}
	}
	return nil
}

func usage() syscall.Rusage {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u
}

func micros(t syscall.Timeval) float64 { return float64(t.Sec)*1e6 + float64(t.Usec) }

func at(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(float64(len(sorted))*share)]
}

var turns int64

func round(issue func(int64) error, inFlight int, seconds float64) result {
	before := usage()
	start := time.Now()
	until := start.Add(time.Duration(seconds * 1e9))
	var ops int64
	var mutex sync.Mutex
	var samples []float64
	var group sync.WaitGroup
	worker := func() {
		defer group.Done()
		for time.Now().Before(until) {
			turn := atomic.AddInt64(&turns, 1)
			sent := time.Now()
			if err := issue(turn); err != nil {
				say(map[string]string{"error": err.Error()})
				os.Exit(1)
			}
			if inFlight <= 16 || turn%sampleEvery == 0 {
				mutex.Lock()
				samples = append(samples, float64(time.Since(sent).Nanoseconds())/1e3)
				mutex.Unlock()
			}
			atomic.AddInt64(&ops, 1)
		}
	}
	group.Add(inFlight)
	for i := 0; i < inFlight; i++ {
		go worker()
	}
	group.Wait()
	took := time.Since(start).Seconds()
	after := usage()
	sort.Float64s(samples)
	return result{
		Ops: ops, Seconds: took,
		User:   micros(after.Utime) - micros(before.Utime),
		System: micros(after.Stime) - micros(before.Stime),
		P50:    at(samples, 0.5), P99: at(samples, 0.99), P999: at(samples, 0.999),
		Rss: after.Maxrss * 1024,
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	var c cell
	json.Unmarshal(lines.Bytes(), &c)
	var conn *connection
	if c.Rate == 0 {
		conn, _, _ = connect(strings.Split(c.Hosts, ","), 30*time.Second, withLogger(silent{}))
	}
	issue := func(int64) error { return nil }
	if conn != nil {
		issue = issueFor(c, conn)
	}
	if conn == nil || issue == nil {
		say(map[string]string{"skip": "does not do this load here"})
	} else if err := issue(0); err != nil {
		say(map[string]string{"error": err.Error()})
	} else {
		say(map[string]interface{}{"ready": true, "version": version})
	}
	for lines.Scan() {
		var order struct{ Seconds float64 }
		json.Unmarshal(lines.Bytes(), &order)
		say(round(issue, c.InFlight, order.Seconds))
	}
}
