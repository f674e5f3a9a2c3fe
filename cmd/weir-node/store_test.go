package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	"weir/system/store/storetest"
)

// A store that cannot be is refused before anything starts, by its rule.
func TestStoreUsage(t *testing.T) {
	analyse := []string{"analyse", "--name", "a1", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}
	for text, says := range map[string]string{
		"store: {kind: sqlite}":                                   `store: kind "sqlite": want files, bolt or redis`,
		"store: {kind: redis}":                                    `redis: addr "": want HOST:PORT`,
		"store: {redis: {addr: 'h:1'}}":                           "store: redis is for kind redis, this is files",
		"analyser: {workers: 999}":                                "analyser: workers 999: want 1 to 256",
		"analyser: {store_timeout: 1us}":                          "analyser: store timeout 1µs: must be 1ms",
		"store: {kind: bolt, where: there}":                       "unknown field",
		"store: {kind: redis, redis: {addr: 'h:1', password: x}}": "unknown field",
	} {
		code, _, complaint := call(t, "", append(analyse, "--config", writeConfig(t, t.TempDir(), text+"\n"))...)
		if code != exitUsage || !strings.Contains(complaint, says) {
			t.Errorf("%s: code %d, %s", text, code, complaint)
		}
	}
	code, _, complaint := call(t, "", "operate", "--name", "op", "--data", t.TempDir(), "--config", writeConfig(t, t.TempDir(), "store: {kind: bolt}\n"))
	if code != exitUsage || !strings.Contains(complaint, "only an analyser has one") {
		t.Errorf("an operator with a store: code %d, %s", code, complaint)
	}
}

// A data folder keeps the kind of store that it has: a restart with another, and a second
// process, do not start.
func TestStoreStaysItsKind(t *testing.T) {
	dir := t.TempDir()
	listen := free(t)
	args := func(addr, text string) []string {
		return []string{"analyse", "--name", "a1", "--data", filepath.Join(dir, "a1"), "--listen", addr, "--config", writeConfig(t, t.TempDir(), text+"\n")}
	}
	p := spawn(t, args(listen, "analyser: {workers: 2}")...)
	serving(t, listen)
	second := spawn(t, args(free(t), "analyser: {workers: 2}")...)
	if code := second.ends(t); code != exitInternal || !strings.Contains(second.errs.String(), "another process has it") {
		t.Errorf("a second process: code %d, %s", code, second.errs.String())
	}
	p.Process.Kill()
	p.Wait()
	files := spawn(t, args(listen, "analyser: {workers: 1}")...)
	if code := files.ends(t); code != exitInternal || !strings.Contains(files.errs.String(), "holds effects of kind bolt") {
		t.Errorf("files after bolt: code %d, %s", code, files.errs.String())
	}
	spawn(t, args(listen, "analyser: {workers: 1}\nstore: {kind: bolt}")...)
	serving(t, listen)
}

// An analyser whose server is not there yet runs, says not ready and why, and is ready
// once it comes.
func TestStoreComesLater(t *testing.T) {
	dir, listen, server := t.TempDir(), free(t), storetest.NewRedis(t)
	p := spawn(t, "analyse", "--name", "a1", "--data", filepath.Join(dir, "a1"), "--listen", listen,
		"--config", writeConfig(t, dir, "analyser: {workers: 2, disk_retry_max: 50ms}\nstore: {kind: redis, redis: {addr: '"+server.Addr+"', timeout: 1s}}\n"))
	healthIs(t, listen, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	for until := time.Now().Add(hang); !strings.Contains(p.errs.String(), "the store is away"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("nobody is told:\n%s", p.errs.String())
		}
	}
	server.Start()
	serving(t, listen)
	if !strings.Contains(p.errs.String(), "the store is back") {
		t.Errorf("not told:\n%s", p.errs.String())
	}
}
