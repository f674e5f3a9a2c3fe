//go:build unix

package scenarios

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"

	"weir/faults/proxy"
	"weir/faults/tcpfault"
)

// The kinds of transport.
const (
	byGRPC = iota
	byHTTP
	kinds
)

// endpoint is where a node listens for one kind of transport.
type endpoint struct {
	listen  string // packets and probes; empty: it does not
	control string // control documents; empty: it does not
}

// kindOf is how a node talks to another in one kind of connection. A mixed cluster has
// both kinds in every role, and for the packets and probes of one pair.
func (c *cluster) kindOf(from, to *realNode, key string) int {
	switch c.opt.TCP.Transport {
	case "http":
		return byHTTP
	case "mixed":
		return (from.Index + to.Index + len(key)) % kinds
	}
	return byGRPC
}

// place finds addresses for a node: of each kind that some node may use.
func (c *cluster) place(r *realNode) (err error) {
	next := func(to *string, wanted bool) {
		if wanted && err == nil {
			*to, err = c.freeAddr()
		}
	}
	for kind := range r.at {
		used := c.opt.TCP.Transport == "mixed" || kind == c.kindOf(r, r, "")
		next(&r.at[kind].listen, used && (r.Role == RoleDistributor || r.Role == RoleAnalyser))
		next(&r.at[kind].control, used && (r.Role == RoleDistributor || r.Role == RoleEmitter))
	}
	next(&r.admin, true)
	return err
}

// join puts a proxy on every way on which a node opens connections to another.
func (c *cluster) join() error {
	for _, from := range c.sc.Nodes() {
		for _, to := range c.sc.Nodes() {
			for _, w := range c.ways(c.nodes[from.Name], c.nodes[to.Name]) {
				at, err := c.freeAddr() // a port that refuses for a while must be there again afterwards
				if err != nil {
					return err
				}
				l, err := proxy.New(proxy.Config{Name: from.Name + " " + to.Name + " " + w.key, Seed: c.opt.Seed, Listen: at, Target: w.addr})
				if err != nil {
					return err
				}
				c.links = append(c.links, l)
				c.carriers = append(c.carriers, tcpfault.Carriers(from.Name, to.Name, w.group, l.Forward(), l.Backward())...)
				p := c.nodes[from.Name].peers
				if p[to.Name] == nil {
					p[to.Name] = map[string]string{}
				}
				p[to.Name][w.key] = [kinds]string{byHTTP: "http://"}[w.kind] + l.Addr()
			}
		}
	}
	return nil
}

// way is a kind of connection that a node opens to another; key is the peer's address
// in weir-node's configuration.
type way struct {
	group tcpfault.Group
	key   string
	kind  int
	addr  string
}

func (c *cluster) ways(from, to *realNode) []way {
	data := func(group tcpfault.Group, key string) way {
		kind := c.kindOf(from, to, key)
		return way{group, key, kind, to.at[kind].listen}
	}
	switch kind := c.kindOf(from, to, "control"); {
	case from.Role == RoleEmitter && to.Role == RoleDistributor:
		return []way{data(tcpfault.GroupData, "data")}
	case from.Role == RoleDistributor && to.Role == RoleAnalyser:
		return []way{data(tcpfault.GroupData, "data"), data(tcpfault.GroupProbe, "probe")}
	case from.Role == RoleDistributor && to.Role == RoleDistributor && from != to && c.sc.clustered(),
		from.Role == RoleOperator && to.at[kind].control != "":
		return []way{{tcpfault.GroupControl, "control", kind, to.at[kind].control}}
	}
	return nil
}

// Ports of nodes and proxies are below those that the kernel gives to connections, so that none
// takes the port of a node that is down. Runs of one process never share one; those of
// processes side by side, as in tests, seldom look for theirs in the same block.
const (
	portLow, portHigh = 10_000, 32_000
	portBlock         = 2_000
)

var portsTaken sync.Map // by clusters of this process that are not closed

// freeAddr is an address at which nobody listens now, no two the same.
func (c *cluster) freeAddr() (string, error) {
	low := portLow + os.Getpid()%((portHigh-portLow)/portBlock)*portBlock
	for try := range 1000 {
		port := low + rand.IntN(portBlock)
		if try >= 500 { // the block is full
			port = portLow + rand.IntN(portHigh-portLow)
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		l.Close()
		if _, before := portsTaken.LoadOrStore(port, true); !before {
			c.ports = append(c.ports, port)
			return l.Addr().String(), nil
		}
	}
	return "", fmt.Errorf("no free port from %d to %d", portLow, portHigh)
}

// givePortsBack lets other clusters of this process have the ports of this one.
func (c *cluster) givePortsBack() {
	for _, p := range c.ports {
		portsTaken.Delete(p)
	}
	c.ports = nil
}
