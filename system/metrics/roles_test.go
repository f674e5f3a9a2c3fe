package metrics

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"weir/system/analyser"
	"weir/system/distributor"
	"weir/system/driver"
	"weir/system/emitter"
	"weir/system/node"
	"weir/system/operator"
	"weir/system/scale"
	"weir/system/source"
)

// deaf is a Link to nodes that never answer.
type deaf struct{ n *driver.Node }

func (d *deaf) Bind(n *driver.Node) { d.n = n }
func (*deaf) Knows(string) bool     { return true }
func (d *deaf) Send(batch []driver.Outgoing) {
	for _, o := range batch {
		d.n.Sent(o.To.Node, o.Msg.Size())
	}
}

// log is the Writer of an event log that nobody reads.
type log struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

// roles boots a node of each role.
func roles(t testing.TB) map[string]*driver.Node {
	boots := map[string]node.Boot{
		"emitter": emitter.Boot(emitter.Config{Distributors: []string{"d1"}, Generator: &emitter.Generator{RateMilli: 1000, Packets: 1}}),
		"distributor": distributor.Boot(distributor.Config{Workers: 2, State: distributor.Crdt, Autoscale: scale.Config{Max: 2}, PacketMax: 10,
			Analysers: []distributor.Analyser{{ID: "a1", Weight: 1}, {ID: "a2", Weight: 2}}}),
		"analyser": analyser.Boot(analyser.Config{}),
		"operator": operator.Boot(operator.Config{}),
	}
	nodes := map[string]*driver.Node{}
	for role, boot := range boots {
		n, err := driver.Start(driver.Config{Name: role, Role: role, Incarnation: 1, Boot: boot, Link: &deaf{}, Dir: t.TempDir(), Log: &log{}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Kill(); <-n.Done() })
		nodes[role] = n
	}
	return nodes
}

// registries are those of a node of each role, once all are ready.
func registries(t *testing.T) map[string]prometheus.Gatherer {
	all := map[string]prometheus.Gatherer{}
	for role, n := range roles(t) {
		var from Source = n
		if role == "emitter" {
			from = fed{n, sources(t)}
		}
		m, err := New(Node{Name: role, Role: role, Incarnation: 1, Version: "test"}, from)
		if err != nil {
			t.Fatal(err)
		}
		why := ""
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			ok, reason := m.Ready(t.Context())
			if ok {
				break
			}
			if why = reason; time.Now().After(end) {
				t.Fatalf("%s is not ready after 20 s: %s", role, why)
			}
		}
		all[role] = m.Gatherer()
	}
	return all
}

// fed is an emitter with sources.
type fed struct {
	*driver.Node
	sources *source.Group
}

func (f fed) Samples(ctx context.Context) ([]node.Sample, int) {
	all, late := f.Node.Samples(ctx)
	return f.sources.Samples(all), late
}

// sources are one that has ended.
func sources(t *testing.T) *source.Group {
	s, err := source.Stream("stdin", strings.NewReader("a\nb\n"), source.Options{Limit: source.SpoolMin, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	g := source.Run([]*source.Source{s})
	t.Cleanup(g.Close)
	return g
}

// The samples of all roles and the table are the same names, and each row's kind and
// label are as the samples have them: a scrape succeeds and is clean by the rules of
// Prometheus.
func TestTableIsWhatRolesMeasure(t *testing.T) {
	seen := map[string]bool{}
	for role, g := range registries(t) {
		families, err := g.Gather()
		if err != nil {
			t.Errorf("%s: %v", role, err)
		}
		for _, f := range families {
			seen[f.GetName()] = true
		}
		problems, err := testutil.GatherAndLint(g)
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", role, problems, err)
		}
	}
	for _, m := range table {
		if !seen[m.name] {
			t.Errorf("nobody measures %s (%s)", m.name, m.sample)
		}
	}
	for _, name := range []string{"go_goroutines", "weir_build_info", "weir_node_incarnation", "weir_node_late_actors"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

// No label has a value that the configuration or the roles' own words do not have.
func TestLabelsAreBounded(t *testing.T) {
	words := strings.Fields(`a1 a2 d1 emit analyse operate sup ingress router w1 w2 ` + node.Other +
		` unknown alive suspect failed acked rejected expired queue_full many_waiting stopping recovering spool_full spool_busy outdated disk_full disk_error no_analyser attempts timeout refused reset full busy unavailable down up
		ok not_ready ignored stale stopped no_actor append read rename remove await stdin blind cooldown limit steady window trace debug info warn error fatal`)
	for role, g := range registries(t) {
		families, _ := g.Gather()
		for _, f := range families {
			if !strings.HasPrefix(f.GetName(), "weir_") || f.GetName() == "weir_build_info" {
				continue
			}
			for _, m := range f.GetMetric() {
				for _, l := range m.GetLabel() {
					if !slices.Contains(words, l.GetValue()) {
						t.Errorf("%s: %s has %s=%q", role, f.GetName(), l.GetName(), l.GetValue())
					}
				}
			}
		}
	}
}

var _ Source = (*driver.Node)(nil)

// still is a Source that always says the same.
type still struct {
	samples []node.Sample
	late    int
}

func (s *still) Samples(context.Context) ([]node.Sample, int) { return s.samples, s.late }

// A scrape of a distributor with 2 workers and 2 analysers, to its text.
func BenchmarkScrape(b *testing.B) {
	m, err := New(Node{Name: "d1"}, roles(b)["distributor"])
	if err != nil {
		b.Fatal(err)
	}
	h := m.Handler()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/metrics", nil))
	}
}
