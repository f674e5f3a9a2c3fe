//go:build unix

package scenarios

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"

	"weir/faults"
	"weir/faults/proc"
	"weir/faults/proxy"
	"weir/faults/tcpfault"
	"weir/system/distributor"
	"weir/system/emitter"
)

// cluster is a scenario's nodes as processes, with a proxy on every way between them.
type cluster struct {
	sc       *Scenario
	opt      Options
	dir      string
	epoch    time.Time // world time zero
	nodes    map[string]*realNode
	links    []*proxy.Link
	carriers []tcpfault.Carrier
	injector *tcpfault.Injector
	faults   bytes.Buffer
	follow   follower
	ports    []int      // that it took
	live     *liveBook  // nil: nobody watches
	open     []*os.File // the nodes' standard inputs, both ends
	orders   *os.File   // the operator's
	stop     string
	ended    []string // nodes that ended by themselves
	metrics  []File
}

// realNode is one node: its process and where it listens.
type realNode struct {
	Node
	process *proc.Process
	at      [kinds]endpoint
	admin   string // metrics
	peers   map[string]map[string]string
}

// commands are weir-node's names of the roles.
var commands = map[Role]string{RoleEmitter: "emit", RoleDistributor: "distribute", RoleAnalyser: "analyse", RoleOperator: "operate"}

// build makes addresses, proxies, configurations and processes; nothing runs yet.
func (c *cluster) build() error {
	if err := os.MkdirAll(c.follow.dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(c.empty(), nil, 0o644); err != nil {
		return err
	}
	for _, n := range c.sc.Nodes() {
		r := &realNode{Node: n, peers: map[string]map[string]string{}}
		c.nodes[n.Name] = r
		if err := c.place(r); err != nil {
			return err
		}
	}
	if err := c.join(); err != nil {
		return err
	}
	for _, n := range c.sc.Nodes() {
		if err := c.prepare(c.nodes[n.Name]); err != nil {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
	}
	var err error
	c.injector, err = tcpfault.New(tcpfault.Options{
		Plan: *c.sc.Plan(), Seed: c.opt.Seed, Log: faults.NewLog(&c.faults), Began: c.epoch,
		Nodes: c.tcpNodes(), Carriers: c.carriers, Configure: c.configure, Load: c.load,
	})
	return err
}

// prepare writes a node's configuration and makes its process.
func (c *cluster) prepare(r *realNode) error {
	conf := map[string]any{
		"name": r.Name, "data": c.data(r.Name), "log": c.follow.dir,
		"epoch": c.epoch.UnixNano(), "seed": c.opt.Seed + 1, // 0 would mean: the machine's entropy
		"listen": r.at[byGRPC].listen, "control": r.at[byGRPC].control, "http_listen": r.at[byHTTP].listen, "http_control": r.at[byHTTP].control,
		"admin": r.admin, "peers": r.peers, "lifeline": true,
	}
	switch r.Role {
	case RoleEmitter:
		conf["emitter"], conf["inputs"] = c.emitter(r.Index)
		if g := c.opt.TCP.Follow; g != nil {
			conf["follow"] = []string{g.Path}
		}
	case RoleDistributor:
		conf["distributor"] = c.sc.Distributor()
	case RoleAnalyser:
		conf["analyser"] = c.sc.AnalyserConfig()
		if c.opt.TCP.Store != nil {
			conf["store"] = c.opt.TCP.Store
		}
	case RoleOperator:
		conf["operator"] = c.sc.Operator()
	}
	text, err := yaml.Marshal(conf)
	if err != nil {
		return err
	}
	file := filepath.Join(c.dir, r.Name+".yaml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	input, line, err := os.Pipe()
	if err != nil {
		return err
	}
	c.open = append(c.open, input, line)
	if r.Role == RoleOperator {
		c.orders = line
	}
	r.process, err = proc.New(proc.Config{Name: r.Name, Command: func(inc uint32) *exec.Cmd {
		cmd := exec.Command(c.opt.TCP.Program, commands[r.Role], "--config", file, "--incarnation", strconv.FormatUint(uint64(inc), 10))
		// An interrupt at the terminal is for the runner, which ends the nodes in order.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Stdin = input // ends with this process, and the node with it
		return cmd
	}})
	return err
}

// emitter is an emitter's configuration and the files that it reads; with inputs, one
// that gets none reads an empty file.
func (c *cluster) emitter(i int) (emitter.Config, []string) {
	if c.opt.TCP.Follow != nil {
		cfg := c.sc.Emitter([]emitter.Input{emptyInput}, 0)
		cfg.InputRate = 0 // as fast as the file grows
		return cfg, nil
	}
	if len(c.opt.Inputs) == 0 {
		return c.sc.Emitter(nil, 0), nil
	}
	var paths []string
	lines := int64(0)
	for _, in := range c.opt.dealt(i, c.sc.Emitters.Count) {
		paths = append(paths, in.Path)
		lines += in.Lines
	}
	if paths == nil {
		paths = []string{c.empty()}
	}
	return c.sc.Emitter([]emitter.Input{emptyInput}, lines), paths
}

// empty is a file with nothing in it.
func (c *cluster) empty() string { return filepath.Join(c.dir, "empty") }

// start starts all nodes, those that others need first.
func (c *cluster) start() error {
	for _, role := range []Role{RoleAnalyser, RoleDistributor, RoleOperator, RoleEmitter} {
		for _, n := range c.sc.Nodes() {
			if n.Role != role {
				continue
			}
			r := c.nodes[n.Name]
			if err := r.process.Start(); err != nil {
				return fmt.Errorf("node %s: %w", n.Name, err)
			}
		}
		for _, n := range c.sc.Nodes() {
			if n.Role != role {
				continue
			}
			if err := c.listening(c.nodes[n.Name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// listening waits until a node takes connections.
func (c *cluster) listening(r *realNode) error {
	end := time.Now().Add(startMax)
	for _, at := range r.at {
		for at.listen != "" {
			conn, err := net.Dial("tcp", at.listen)
			if err == nil {
				conn.Close()
				break
			}
			if time.Now().After(end) || !r.process.Running() {
				return fmt.Errorf("node %s does not listen at %s: %w\n%s", r.Name, at.listen, err, r.process.Output())
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	return nil
}

// configure has the operator deliver a document.
func (c *cluster) configure(target string, doc []byte) {
	actorName := distributor.Supervisor
	if c.nodes[target].Role == RoleEmitter {
		actorName = emitter.Actor
	}
	line := fmt.Appendf(nil, "%s %s %s\n", target, actorName, bytes.ReplaceAll(doc, []byte("\n"), []byte(" ")))
	if _, err := c.orders.Write(line); err != nil {
		c.ended = append(c.ended, fmt.Sprintf("control document for %s: %v", target, err))
	}
}

// load changes what an emitter offers, in percent of what was planned.
func (c *cluster) load(target string, percent int) {
	c.configure(target, fmt.Appendf(nil, `{"op":"load","percent":%d}`, percent))
}

// stopAll stops the running nodes of a role in order and waits for them.
func (c *cluster) stopAll(role Role) {
	for _, n := range c.sc.Nodes() {
		r := c.nodes[n.Name]
		if n.Role != role {
			continue
		}
		if !r.process.Running() {
			c.ended = append(c.ended, fmt.Sprintf("node %s had ended by itself (%v): %s", n.Name, r.process.Err(), r.process.Output()))
			continue
		}
		if err := r.process.Stop(stopMax); err != nil {
			c.ended = append(c.ended, fmt.Sprintf("node %s did not stop in order: %v: %s", n.Name, err, r.process.Output()))
			c.stop = StopHalted
		}
	}
}

// kill ends everything that still runs. It may be called again.
func (c *cluster) kill() {
	for _, r := range c.nodes {
		if r.process != nil && r.process.Running() {
			_ = r.process.Kill() // it is gone, or going
		}
	}
	for _, l := range c.links {
		l.Close()
	}
	c.links = nil
	for _, f := range c.open {
		f.Close()
	}
	c.open = nil
	c.follow.close()
}
