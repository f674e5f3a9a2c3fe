package main

import (
	"cmp"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// deployed is a node of deploy/: its command line, the text of the configuration that it
// names, and which hosts there are where it runs.
type deployed struct {
	where string
	args  []string // role --name NAME --config FILE
	text  string
	hosts map[string]bool
}

// TestDeploy holds deploy/ to what the program takes: every node of the compose file and
// of the Kubernetes manifests has a configuration that is valid for its role, connects to
// what is there, and has time to stop.
func TestDeploy(t *testing.T) {
	nodes := append(composed(t), orchestrated(t)...)
	if len(nodes) != 6+3 {
		t.Fatalf("%d nodes: %v", len(nodes), nodes)
	}
	for _, n := range nodes {
		t.Run(n.where, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("token", "0123456789abcdef")
			write("memberlist_key", "MDEyMzQ1Njc4OWFiY2RlZg==")
			write("node.yaml", strings.NewReplacer("/run/secrets", dir, "/etc/weir-token", dir).Replace(n.text))
			t.Setenv("REDIS_PASSWORD", "secret")
			c, err := parseConfig(n.args[0], []string{"--name", n.args[2], "--config", filepath.Join(dir, "node.yaml")}, os.Stderr)
			if err != nil {
				t.Fatal(err)
			}
			for name, p := range c.Peers {
				if host, _, _ := net.SplitHostPort(cmp.Or(p.Data, p.Control)); !n.hosts[host] {
					t.Errorf("connects to %s at %+v, which nobody is", name, p)
				}
			}
			if c.StopWithin.Seconds() > 40 {
				t.Errorf("stop_within %v: it is killed after 45 s", c.StopWithin)
			}
		})
	}
}

// composed are the nodes of the compose file.
func composed(t *testing.T) (nodes []deployed) {
	var file struct {
		Services map[string]struct {
			Command  []string
			Volumes  []string
			Networks struct {
				Weir struct {
					Address string `yaml:"ipv4_address"`
				}
			}
		}
	}
	dir := filepath.Join("..", "..", "deploy")
	decode(t, string(read(t, filepath.Join(dir, "compose.yaml"))), &file)
	hosts := map[string]bool{}
	for name, s := range file.Services {
		hosts[s.Networks.Weir.Address] = true
		if len(s.Command) != 5 {
			continue // not a node
		}
		from, to, _ := strings.Cut(s.Volumes[0], ":")
		if s.Command[2] != name || to != s.Command[4]+":ro" {
			t.Errorf("service %s: %v with %s", name, s.Command, s.Volumes[0])
		}
		nodes = append(nodes, deployed{"compose " + name, s.Command, string(read(t, filepath.Join(dir, from))), hosts})
	}
	return nodes
}

// orchestrated is a node of each StatefulSet.
func orchestrated(t *testing.T) (nodes []deployed) {
	type doc struct {
		Kind     string
		Metadata struct{ Name string }
		Data     map[string]string
		Spec     struct {
			Template struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	configs, hosts := map[string]string{}, map[string]bool{}
	text := string(read(t, filepath.Join("..", "..", "deploy", "kubernetes", "weir.yaml")))
	for part := range strings.SplitSeq(text, "\n---\n") {
		var d doc
		decode(t, part, &d)
		switch d.Kind {
		case "ConfigMap":
			configs = d.Data
		case "Service":
			hosts[d.Metadata.Name+".weir.svc"] = true
		case "StatefulSet":
			args := d.Spec.Template.Spec.Containers[0].Args
			pod := []string{args[0], "--name", d.Metadata.Name + "-0"}
			nodes = append(nodes, deployed{"kubernetes " + pod[2], pod, configs[filepath.Base(args[4])], hosts})
		}
	}
	return nodes
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
