package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	"weir/system/message"
)

// line is a distributor with one analyser, and what is needed to look at it.
type line struct {
	d1, a1                    *process
	listen, admin, httpListen string
}

// newLine starts both; stop and drain are the distributor's deadlines.
func newLine(t *testing.T, stop, drain string) *line {
	t.Helper()
	dir, at := t.TempDir(), free(t)
	l := &line{listen: free(t), admin: free(t), httpListen: free(t)}
	l.a1 = spawn(t, "analyse", "--name", "a1", "--data", filepath.Join(dir, "a1"), "--listen", at)
	t.Cleanup(func() { l.a1.Process.Signal(syscall.SIGCONT) })
	serving(t, at)
	l.d1 = spawn(t, "distribute", "--config", writeConfig(t, dir, fmt.Sprintf("name: d1\nlisten: %s\nhttp_listen: %s\nadmin: %s\ndata: %s\nstop_within: %s\npeers: {a1: %q}\n"+
		"distributor: {drain_max: %s, attempt_timeout: 30s, detector: {timeout: 20s, interval: 30s, down_interval: 30s}, analysers: [{id: a1, weight: 1}]}\n",
		l.listen, l.httpListen, l.admin, filepath.Join(dir, "d1"), stop, at, drain)))
	answers(t, l.admin, "/readyz", http.StatusOK)
	return l
}

// hang has a packet under way to an analyser that does not answer; the result comes
// later.
func (l *line) hang(t *testing.T) <-chan string {
	t.Helper()
	l.a1.Process.Signal(syscall.SIGSTOP)
	got := make(chan string, 1)
	conn := client(t, l.listen, "127.0.0.1")
	go func() {
		r, err := submit(t, conn, submission("e7", message.Entry{Text: "x"}))
		got <- fmt.Sprint(r.GetOutcome(), " ", r.GetWhy(), " ", err)
	}()
	for end := time.Now().Add(20 * time.Second); scrape(t, l.admin)[`weir_distributor_analyser_in_flight_packets{analyser="a1"}`] == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no packet is under way")
		}
	}
	return got
}

// A distributor that is asked to stop is not ready, refuses what is new with a time to
// retry, finishes what it has, and ends with 0.
func TestStopDistributor(t *testing.T) {
	l := newLine(t, "60s", "50s")
	got := l.hang(t)
	l.d1.Process.Signal(syscall.SIGTERM)
	if why := answers(t, l.admin, "/readyz", http.StatusServiceUnavailable); !strings.Contains(why, "stopping") {
		t.Errorf("not ready: %s", why)
	}
	answers(t, l.admin, "/healthz", http.StatusOK)
	answers(t, l.httpListen, "/readyz", http.StatusServiceUnavailable)
	healthIs(t, l.listen, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	resp, err := http.Post("http://"+l.httpListen+"/v1/packets", "application/json", strings.NewReader(`{"packets":[{"id":"e8/1/1","entries":[{"body":"x"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a new packet: %s, Retry-After %q", resp.Status, resp.Header.Get("Retry-After"))
	}
	l.a1.Process.Signal(syscall.SIGCONT)
	if result := <-got; !strings.HasPrefix(result, "OUTCOME_COMMITTED") {
		t.Errorf("the packet in progress: %s", result)
	}
	if code := l.d1.ends(t); code != exitOK {
		t.Errorf("exit code %d\n%s", code, l.d1.errs.String())
	}
}

// What cannot be finished within drain_max is given back, and the stop is still in order.
func TestStopGivesBack(t *testing.T) {
	l := newLine(t, "60s", "100ms")
	got := l.hang(t)
	l.d1.Process.Signal(syscall.SIGTERM)
	if result := <-got; !strings.HasPrefix(result, "OUTCOME_GAVE_UP stopping") {
		t.Errorf("the packet in progress: %s", result)
	}
	if code := l.d1.ends(t); code != exitOK {
		t.Errorf("exit code %d\n%s", code, l.d1.errs.String())
	}
}

// Neither the deadline nor a second signal waits for anything.
func TestStopAtOnce(t *testing.T) {
	for says, how := range map[string]func(*line){
		"stop_within has passed": func(*line) {},
		"a second signal":        func(l *line) { l.d1.Process.Signal(syscall.SIGTERM) },
	} {
		within := "50s"
		if strings.HasPrefix(says, "stop_within") {
			within = "100ms"
		}
		l := newLine(t, within, "50s")
		l.hang(t)
		l.d1.Process.Signal(syscall.SIGTERM)
		tellsSoon(t, l.d1, "msg=stopping")
		how(l)
		if code := l.d1.ends(t); code != exitInterrupted || !strings.Contains(l.d1.errs.String(), says) {
			t.Errorf("exit code %d, want %q\n%s", code, says, l.d1.errs.String())
		}
	}
}

// An analyser commits and answers what it has and ends with 0; an emitter waits for its
// packets as long as it was told, and says with 1 that some are not acknowledged.
func TestStopOthers(t *testing.T) {
	dir := t.TempDir()
	at := free(t)
	a1 := spawn(t, "analyse", "--name", "a1", "--data", filepath.Join(dir, "a1"), "--listen", at)
	serving(t, at)
	a1.Process.Signal(syscall.SIGTERM)
	if code := a1.ends(t); code != exitOK {
		t.Errorf("the analyser: exit code %d\n%s", code, a1.errs.String())
	}
	input := filepath.Join(dir, "in.log")
	if err := os.WriteFile(input, []byte("one\ntwo\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for signals, want := range map[int]int{1: exitRefused, 2: exitInterrupted} {
		drain := map[int]string{1: "200ms", 2: "50s"}[signals]
		admin := free(t)
		e1 := spawn(t, "emit", "--name", "e1", "--data", filepath.Join(dir, "e"+drain), "--to", "d1@127.0.0.1:1", "--input", input, "--admin", admin,
			"--config", writeConfig(t, t.TempDir(), "stop_within: 60s\nemitter: {drain_max: "+drain+"}\n"))
		answers(t, admin, "/readyz", http.StatusOK)
		e1.Process.Signal(syscall.SIGTERM)
		if signals == 2 {
			tellsSoon(t, e1, "msg=stopping")
			e1.Process.Signal(os.Interrupt)
		}
		if code := e1.ends(t); code != want {
			t.Errorf("the emitter, %d signals: exit code %d\n%s", signals, code, e1.errs.String())
		}
	}
}
