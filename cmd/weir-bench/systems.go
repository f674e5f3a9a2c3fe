//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"weir/faults/proc"
)

// system is one of what is compared.
type system struct {
	name string
	grpc bool // clients use gRPC; else HTTP
	form form // HTTP: what it takes
	// start makes the process and says where it listens: for clients, and for health.
	start func(c *cluster) (p *proc.Process, addr, health string, err error)
}

func (s *system) weir() bool { return strings.HasPrefix(s.name, "weir") }

var systems = []system{
	{name: "nginx", form: toAnalyser, start: startNginx},
	{name: "haproxy", form: toAnalyser, start: startHAProxy},
	weir("weir-http", "http", false), // both ways
	weir("weir-http-grpc", "grpc", false),
	weir("weir-grpc", "grpc", false),
	weir("weir-http-log", "http", true),
	weir("weir-grpc-log", "grpc", true),
}

// pick returns the systems that a list names.
func pick(list string) ([]system, error) {
	if list == "" {
		return systems, nil
	}
	var all []system
	for _, name := range strings.Split(list, ",") {
		n := len(all)
		for _, s := range systems {
			if s.name == name {
				all = append(all, s)
			}
		}
		if len(all) == n {
			return nil, fmt.Errorf("--only: no system %.40q", name)
		}
	}
	return all, nil
}

// proxy is the system that runs.
type proxy struct {
	system
	addr    string
	admin   string // weir's
	process *proc.Process
}

// beginProxy ends the proxy that runs and starts another.
func (c *cluster) beginProxy(ctx context.Context, s system) error {
	if err := c.endProxy(); err != nil {
		return err
	}
	p, addr, health, err := s.start(c)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	c.proxy = &proxy{system: s, addr: addr, process: p}
	if s.weir() {
		c.proxy.admin = health
	}
	if err := begin(ctx, p, health+"/readyz"); err != nil { // a peer's is that of an analyser
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// find is the path of a program that the machine must have.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name // often not in the path of users
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s is not installed", name)
		}
	}
	return path, nil
}

const nginxConfig = `daemon off;
%suser root;
worker_processes auto;
worker_rlimit_nofile 8192;
pid %[2]s/nginx.pid;
error_log %[2]s/error.log crit;
events { worker_connections 2048; }
http {
  access_log off;
  client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/f; uwsgi_temp_path %[2]s/u; scgi_temp_path %[2]s/s;
  client_max_body_size 16m; client_body_buffer_size 64k;
  keepalive_requests 1000000000;
  upstream analysers {
    zone analysers 256k;
%[3]s    keepalive 256; keepalive_requests 1000000000;
  }
  server {
    listen %[4]s;
    location / {
      proxy_pass http://analysers; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_next_upstream error timeout non_idempotent;
    }
  }
}
`

// startNginx: the state of its shares is shared by its workers (zone), a failed analyser
// is tried again after a second, and a request that failed goes to another one.
func startNginx(c *cluster) (*proc.Process, string, string, error) {
	path, err := find("nginx")
	if err != nil {
		return nil, "", "", err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, "", "", err
	}
	dir := filepath.Join(c.dir, "nginx")
	var servers strings.Builder
	for i, a := range c.nodes {
		fmt.Fprintf(&servers, "    server %s weight=%d max_fails=1 fail_timeout=1s;\n", a.http, weights[i])
	}
	comment := ""
	if os.Geteuid() != 0 {
		comment = "#" // only root may name another user
	}
	text := fmt.Sprintf(nginxConfig, comment, dir, servers.String(), addr)
	file, err := write(dir, "nginx.conf", text)
	if err != nil {
		return nil, "", "", err
	}
	p, err := c.program("nginx", path, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", file)
	return p, addr, addr, err
}

const haproxyConfig = `global
  maxconn 8192
defaults
  mode http
  timeout connect 3s
  timeout client 60s
  timeout server 60s
  http-reuse always
  retries 3
  option redispatch 1
frontend in
  bind %s
  default_backend analysers
backend analysers
  balance roundrobin
  option httpchk GET /readyz
`

// startHAProxy: health checks every 200 ms, two of which decide.
func startHAProxy(c *cluster) (*proc.Process, string, string, error) {
	path, err := find("haproxy")
	if err != nil {
		return nil, "", "", err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, "", "", err
	}
	text := fmt.Sprintf(haproxyConfig, addr)
	for i, a := range c.nodes {
		text += fmt.Sprintf("  server %s %s weight %d check inter 200ms fall 2 rise 2\n", a.name, a.http, weights[i])
	}
	file, err := write(filepath.Join(c.dir, "haproxy"), "haproxy.cfg", text)
	if err != nil {
		return nil, "", "", err
	}
	p, err := c.program("haproxy", path, "-db", "-f", file)
	return p, addr, addr, err
}

// write makes a file of a proxy.
func write(dir, name, text string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dir, name)
	return file, os.WriteFile(file, []byte(text), 0o644)
}

// weir is a system that speaks that protocol to its analysers, with an event log or
// without; its name says what clients speak to it. Everything else is the default.
func weir(name, toAnalysers string, log bool) system {
	s := system{name: name, grpc: strings.HasPrefix(name, "weir-grpc"), form: toDistributor}
	s.start = func(c *cluster) (*proc.Process, string, string, error) {
		var addrs [2]string // for clients, for health and profiles
		for i := range addrs {
			var err error
			if addrs[i], err = freeAddr(); err != nil {
				return nil, "", "", err
			}
		}
		dir := filepath.Join(c.dir, name)
		listen := "--http-listen"
		if s.grpc {
			listen = "--listen"
		}
		args := []string{"distribute", "--name", "d1", listen, addrs[0], "--admin", addrs[1], "--data", dir}
		if log {
			args = append(args, "--log", filepath.Join(dir, "log"))
		}
		for i, a := range c.nodes {
			addr := a.grpc
			if toAnalysers == "http" {
				addr = "http://" + a.http
			}
			args = append(args, "--analyser", fmt.Sprintf("%s=%d@%s", a.name, weights[i], addr))
		}
		p, err := c.program(name, c.o.node, args...)
		return p, addrs[0], addrs[1], err
	}
	return s
}
