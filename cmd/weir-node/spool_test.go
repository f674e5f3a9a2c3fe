package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSpoolOutlivesKill holds that a distributor with a spool acknowledges while no analyser
// runs, and that after kill -9 every packet reaches one that comes late, each once.
func TestSpoolOutlivesKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logs, input, settings := filepath.Join(dir, "logs"), filepath.Join(dir, "app.log"), filepath.Join(dir, "spool.yaml")
	if err := os.WriteFile(input, []byte(strings.Repeat("2026-01-02 03:04:05 INFO a line\n", 4000)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, []byte("distributor: {spool: {bytes: 4194304}, hold: 500ms, attempt_timeout: 20s, detector: {down_interval: 200ms, timeout: 100ms}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a1, d1 := free(t), free(t)
	common := func(name string) []string {
		return []string{"--name", name, "--data", filepath.Join(dir, name), "--log", logs}
	}
	distribute := append([]string{"distribute", "--config", settings, "--listen", d1, "--analyser", "a1=1@" + a1}, common("d1")...)
	first := spawn(t, distribute...)
	serving(t, d1)
	emit := spawn(t, append([]string{"emit", "--to", "d1@" + d1, "--input", input}, common("e1")...)...)
	if code := emit.ends(t); code != exitOK {
		t.Fatalf("emit: exit code %d\n%s", code, emit.errs.String())
	}
	if got := counter(t, logs+"/e1.1.jsonl", "acked"); got != "40" {
		t.Fatalf("%s packets are acknowledged, want 40", got)
	}
	first.Process.Signal(syscall.SIGKILL)
	first.Wait()
	second := spawn(t, distribute...)
	serving(t, d1)
	analyse := spawn(t, append([]string{"analyse", "--listen", a1}, common("a1")...)...)
	empty := func() bool {
		return strings.Contains(string(read(t, logs+"/d1.2.jsonl")), `"k":"held","a":"ingress"`) && strings.Count(string(read(t, logs+"/d1.2.jsonl")), `"k":"unspool"`) == 40
	}
	for end := time.Now().Add(hang); !empty(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the spool does not run empty\n%s", second.errs.String())
		}
	}
	for _, p := range []*process{second, analyse} {
		p.Process.Signal(syscall.SIGTERM)
		if code := p.ends(t); code != exitOK {
			t.Errorf("%v: exit code %d\n%s", p.Args[1:3], code, p.errs.String())
		}
	}
	if got := counter(t, logs+"/a1.1.jsonl", "commits"); got != "40" {
		t.Errorf("%s packets are committed, want 40\n%s", got, fmt.Sprint(troubles(t, logs+"/d1.2.jsonl")))
	}
}
