package scenarios

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/faults"
	"weir/logcheck"
	"weir/system/driver"
)

// clockErrorReal is far more than times of one machine can differ between taking one
// and writing it down, also where the tests share two cores.
const clockErrorReal = 100 * time.Millisecond

// realRun plays a scenario with real goroutines, clocks and files in this process.
type realRun struct {
	t     *testing.T
	r     *run
	net   realNet
	close map[string]func()
	begun time.Time
	nodes map[string]*driver.Node
	incs  map[string]uint32
	dirs  map[string]string
	files []*realLog
}

// realLog is the log of one incarnation.
type realLog struct {
	name string
	mu   sync.Mutex
	buf  bytes.Buffer
}

func (l *realLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *realLog) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.buf.Bytes(), []byte(text))
}

// realNet joins the nodes of a real run.
type realNet interface {
	// link is a new incarnation's end of the net; close ends it once the node has ended.
	link(n Node) (l driver.Link, close func())
}

func newRealRun(t *testing.T, net realNet, name string, set ...string) *realRun {
	sc, err := Load(name, set...)
	if err != nil {
		t.Fatal(err)
	}
	r := &realRun{t: t, r: &run{sc: sc}, net: net, begun: time.Now(), close: map[string]func(){},
		nodes: map[string]*driver.Node{}, incs: map[string]uint32{}, dirs: map[string]string{}}
	r.r.log = faults.NewLog(&r.r.faults)
	for _, n := range sc.Nodes() {
		r.dirs[n.Name] = t.TempDir()
	}
	return r
}

func (r *realRun) now() faults.Stamp { return faults.Stamp{At: time.Since(r.begun)} }

func (r *realRun) boot(n Node) {
	r.incs[n.Name]++
	log := &realLog{name: fmt.Sprintf("logs/%s.%d.jsonl", n.Name, r.incs[n.Name])}
	r.files = append(r.files, log)
	link, end := r.net.link(n)
	r.close[n.Name] = end
	d, err := driver.Start(driver.Config{
		Name: n.Name, Role: string(n.Role), Incarnation: r.incs[n.Name], Boot: r.r.bootOf(n), Link: link,
		Dir: r.dirs[n.Name], Log: log, Epoch: r.begun,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.nodes[n.Name] = d
}

func (r *realRun) stop(name string) {
	r.nodes[name].Stop()
	<-r.nodes[name].Done()
	if err := r.nodes[name].Err(); err != nil {
		r.t.Error(err)
	}
	r.close[name]()
}

// play boots every node, does what act does, waits until the emitters are done and
// stops everything in order; then the logs are judged.
func (r *realRun) play(act func()) *logcheck.Verdict {
	log := r.r.log
	log.Phase(r.now(), "warmup")
	nodes := r.r.sc.Nodes()
	for _, role := range []Role{RoleAnalyser, RoleDistributor, RoleEmitter, RoleOperator} {
		for _, n := range nodes {
			if n.Role == role {
				r.boot(n)
			}
		}
	}
	time.Sleep(r.r.sc.Phases.Warmup)
	log.Phase(r.now(), "faults")
	act()
	log.Phase(r.now(), "heal")
	end := time.Now().Add(r.r.sc.Phases.Heal + r.r.sc.Phases.Settle)
	for !r.drained() {
		if time.Now().After(end) {
			r.t.Fatal("the emitters do not come to an end")
		}
		time.Sleep(10 * time.Millisecond)
	}
	log.Phase(r.now(), "settle")
	time.Sleep(500 * time.Millisecond)
	log.Phase(r.now(), "end")
	for _, role := range []Role{RoleEmitter, RoleDistributor, RoleAnalyser, RoleOperator} {
		for _, n := range nodes {
			if n.Role == role {
				r.stop(n.Name)
			}
		}
	}
	log.Stopped(r.now(), StopSettled)
	log.Close(r.now())
	return r.judge()
}

func (r *realRun) drained() bool {
	n := 0
	for _, f := range r.files {
		if f.has(`{"k":"drained",`) {
			n++
		}
	}
	return n >= r.r.sc.Emitters.Count
}

func (r *realRun) judge() *logcheck.Verdict {
	head := r.r.sc.header(r.r.opt)
	head.World, head.ClockError = "tcp", clockErrorReal
	src := logcheck.Mem{{Name: "faults.jsonl", Data: r.r.faults.Bytes()}}
	for _, f := range r.files {
		src = append(src, logcheck.MemFile{Name: f.name, Data: f.buf.Bytes()})
	}
	v, err := logcheck.Check(src, head, logcheck.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func wantPass(t *testing.T, v *logcheck.Verdict) {
	t.Helper()
	if v.Status == logcheck.Pass {
		return
	}
	for _, p := range v.Results {
		if p.Status != logcheck.Pass && p.Status != logcheck.Vacuous {
			t.Errorf("%s %s: %s %v", p.ID, p.Status, p.Detail, p.Witness)
		}
	}
	t.Errorf("verdict %s", v.Status)
}

// quick are the phases of a run that a test waits for.
var quick = []string{"phases.warmup=1s", "phases.faults=1s", "phases.heal=1s", "phases.settle=20s", "emitters.for=3s"}

// nets are the ways to join real nodes that every test of this file goes.
var nets = map[string]func(*testing.T) realNet{
	"hub":   func(*testing.T) realNet { return &hub{nodes: map[string]*driver.Node{}} },
	"grpc":  func(t *testing.T) realNet { return newGRPCNet(t) },
	"http":  func(t *testing.T) realNet { return newHTTPNet(t) },
	"mixed": func(t *testing.T) realNet { return newMixedNet(t) },
}

func (h *hub) link(n Node) (driver.Link, func()) { return &hubLink{hub: h, name: n.Name}, func() {} }

// TestRealRun holds that the system runs unchanged on real goroutines, clocks, files
// and sockets, and that the same judge passes it.
func TestRealRun(t *testing.T) {
	for net, join := range nets {
		t.Run(net+"/steady-deficit", func(t *testing.T) {
			t.Parallel()
			wantPass(t, newRealRun(t, join(t), "steady-deficit", quick...).play(func() {}))
		})
		t.Run(net+"/steady-random shared", func(t *testing.T) {
			t.Parallel()
			set := append([]string{"distributors.state=shared"}, quick...)
			wantPass(t, newRealRun(t, join(t), "steady-random", set...).play(func() {}))
		})
	}
}

// TestRealRestart holds that what was acknowledged outlives an orderly stop of an
// analyser, and that its absence and its return are noticed.
func TestRealRestart(t *testing.T) {
	for net, join := range nets {
		t.Run(net, func(t *testing.T) {
			t.Parallel()
			set := append(strings.Fields("check.require=[stop,restart,down,recovered,F6,C10] check.min_packets=20"), quick...)
			r := newRealRun(t, join(t), "crash", append(set, "faults=", "emitters.for=6s")...)
			wantPass(t, r.play(func() {
				nodes := r.r.sc.Nodes()
				a2 := nodes[slices.IndexFunc(nodes, func(n Node) bool { return n.Name == "a2" })]
				r.r.log.Fault(r.now(), faults.Act{Do: "stop", Node: "a2"}, r.incs["a2"])
				r.stop("a2")
				time.Sleep(1500 * time.Millisecond)
				r.r.log.Fault(r.now(), faults.Act{Do: "restart", Node: "a2"}, r.incs["a2"]+1)
				r.boot(a2)
				time.Sleep(1500 * time.Millisecond)
			}))
		})
	}
}
