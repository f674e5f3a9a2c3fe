//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"weir/faults/proc"
)

// weights are those of the three analysers.
var weights = []int{5, 3, 2}

// cluster is the analysers and the one proxy that runs now.
type cluster struct {
	o     *options
	dir   string
	nodes []*analyser
	proxy *proxy
	inc   uint32 // of the newest cell's packet ids
}

type analyser struct {
	name, grpc, http, admin string
	process                 *proc.Process
}

// startMax is how long a program has to listen.
const startMax = 10 * time.Second

// newCluster starts the analysers.
func newCluster(ctx context.Context, o *options) (*cluster, error) {
	dir, err := os.MkdirTemp(o.dir, "weir-bench-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil { // nginx takes relative ones otherwise than we do
		return nil, err
	}
	c := &cluster{o: o, dir: dir}
	for i := range weights {
		a := &analyser{name: fmt.Sprintf("a%d", i+1)}
		for _, addr := range []*string{&a.grpc, &a.http, &a.admin} {
			if *addr, err = freeAddr(); err != nil {
				return c, err
			}
		}
		a.process, err = c.program(a.name, o.node, "analyse", "--name", a.name, "--listen", a.grpc, "--http-listen", a.http,
			"--admin", a.admin, "--data", filepath.Join(dir, a.name))
		if err != nil {
			return c, err
		}
		c.nodes = append(c.nodes, a)
		if err := begin(ctx, a.process, a.http+"/readyz"); err != nil {
			return c, err
		}
	}
	return c, nil
}

// freeAddr is an address of this machine at which nobody listens now.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// program prepares a process that ends with this one, and that an interrupt at the
// terminal does not reach: it is for us.
func (c *cluster) program(name, path string, args ...string) (*proc.Process, error) {
	return proc.New(proc.Config{Name: name, Command: func(uint32) *exec.Cmd {
		cmd := exec.Command(path, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
		return cmd
	}})
}

// begin starts a process and waits until a URL of it says that all is well.
func begin(ctx context.Context, p *proc.Process, url string) error {
	if err := p.Start(); err != nil {
		return err
	}
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	var last error
	for end := time.Now().Add(startMax); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !p.Running() {
			last = errors.New("it has ended")
			break
		}
		resp, err := client.Get("http://" + url)
		if err != nil {
			last = err
			continue
		}
		resp.Body.Close()
		if last = fmt.Errorf("%s: %s", url, resp.Status); resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("%w\n%s", last, lastLines(p))
}

// lastLines are what a program said last.
func lastLines(p *proc.Process) string {
	lines := strings.Split(strings.TrimSpace(string(p.Output())), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

// stopMax is how long a program has to end in order.
const stopMax = 10 * time.Second

// close ends everything and removes the files.
func (c *cluster) close() error {
	if c == nil {
		return nil
	}
	errs := []error{c.endProxy()}
	for _, a := range c.nodes {
		if a.process.Running() {
			errs = append(errs, a.process.Stop(stopMax))
		}
	}
	return errors.Join(append(errs, os.RemoveAll(c.dir))...)
}

func (c *cluster) endProxy() error {
	if c.proxy == nil || !c.proxy.process.Running() {
		return nil
	}
	p := c.proxy.process
	c.proxy = nil
	return p.Stop(stopMax)
}

// committed are the messages that each analyser has committed since its start.
func (c *cluster) committed() ([]int, error) {
	all := make([]int, len(c.nodes))
	for i, a := range c.nodes {
		n, err := metric(a.admin, "weir_analyser_messages_total")
		if err != nil {
			return nil, err
		}
		all[i] = n
	}
	return all, nil
}
