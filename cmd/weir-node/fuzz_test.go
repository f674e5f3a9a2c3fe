package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzConfig: whatever a configuration file holds, each role takes it or says in words what
// is wrong with it, and decides the same the next time. (Which of several unknown keys is
// named is the YAML library's own map order.)
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"name: d1\nlisten: 127.0.0.1:7001\ndata: d1\npeers: {a1: \"127.0.0.1:7101\"}\ndistributor:\n  policy: deficit\n  analysers: [{id: a1, weight: 3}]\n  detector: {interval: 500ms, timeout: 200ms}\n",
		"name: a1\nlisten: 127.0.0.1:7101\ndata: a1\nanalyser: {pending: 7}\n",
		"name: e1\ndata: e1\nemitter: {distributors: [d1]}\npeers: {d1: \"127.0.0.1:7001\"}\ninputs: [app.log]\n",
		"tls: {cert: d1.pem, key: d1.key, ca: ca.pem}\ncontrol: 10.0.0.5:7002\ndial_allow: [10.0.0.0/16]\nlimits: {connections: 1024}\n",
		"name: [a", "a: &a [*a, *a]", "name: \x1b[2J", "incarnation: -1", "incarnation: 4294967296", "colour: red", "name: a\nname: b", "  B:\n  A: null", "- 1", "null", "",
		"distributor: {analysers: [{id: a, weight: -1}]}", "peers: {x: {data: 1, probes: [2]}}", "limits: {connections: 1e99}",
	} {
		f.Add([]byte(text))
	}
	file := filepath.Join(f.TempDir(), "node.yaml")
	say := func(t *testing.T, role string) string {
		c := &config{Peers: map[string]peer{}}
		err := c.read(file)
		if err == nil {
			err = c.validate(role)
		}
		if err == nil {
			return ""
		}
		if strings.TrimSpace(err.Error()) == "" {
			t.Fatalf("%s: an error without words", role)
		}
		return err.Error()
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, role := range []string{"emit", "distribute", "analyse", "operate"} {
			if a, b := say(t, role), say(t, role); (a == "") != (b == "") {
				t.Fatalf("%s: says %q, then %q", role, a, b)
			}
		}
	})
}
