package metrics

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"weir/system/node"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func times(all ...time.Duration) *node.Times {
	t := &node.Times{}
	for _, d := range all {
		t.Add(d)
	}
	return t
}

// Equal names and labels add up, distributions too, and read as Prometheus wants them.
func TestSamplesAddUp(t *testing.T) {
	s := &still{late: 1, samples: []node.Sample{
		{Name: "refused", Label: "stopping", Value: 2}, {Name: "refused", Label: "queue_full", Value: 1}, {Name: "refused", Label: "stopping", Value: 3},
		{Name: "queue_time", Times: times(50*time.Microsecond, 51*time.Microsecond)}, {Name: "queue_time", Times: times(2*time.Minute, time.Second)},
	}}
	want := `
# HELP weir_distributor_queue_duration_seconds Time of packets in a worker's queue before their first attempt.
# TYPE weir_distributor_queue_duration_seconds histogram
`
	for i, d := range node.TimesBounds {
		n := 2
		if i == 0 {
			n = 1
		} else if d >= time.Second {
			n = 3
		}
		want += fmt.Sprintf("weir_distributor_queue_duration_seconds_bucket{le=\"%v\"} %d\n", d.Seconds(), n)
	}
	want += `weir_distributor_queue_duration_seconds_bucket{le="+Inf"} 4
weir_distributor_queue_duration_seconds_sum 121.000101
weir_distributor_queue_duration_seconds_count 4
# HELP weir_distributor_refused_total Submissions refused.
# TYPE weir_distributor_refused_total counter
weir_distributor_refused_total{reason="queue_full"} 1
weir_distributor_refused_total{reason="stopping"} 5
# HELP weir_node_late_actors Actors that did not answer the scrape in time and stand with older values.
# TYPE weir_node_late_actors gauge
weir_node_late_actors 1
`
	c := newCollector(s, time.Second)
	for range 2 { // a scrape must not change what it reads
		if err := testutil.CollectAndCompare(c, strings.NewReader(want)); err != nil {
			t.Fatal(err)
		}
	}
}

// A metric shows so many values of its label and no more; those shown first stay.
func TestLabelCap(t *testing.T) {
	s := &still{}
	for i := range labelsMost {
		s.samples = append(s.samples, node.Count("attempts", fmt.Sprintf("b%d", i), 1))
	}
	c := newCollector(s, time.Second)
	if n := testutil.CollectAndCount(c, "weir_distributor_analyser_attempts_total"); n != labelsMost {
		t.Fatalf("%d series, want %d", n, labelsMost)
	}
	s.samples = append([]node.Sample{node.Count("attempts", "a", 7), node.Count("attempts", "c", 2)}, s.samples[1:]...)
	if n := testutil.CollectAndCount(c, "weir_distributor_analyser_attempts_total"); n != labelsMost { // b0 is gone, (other) has come
		t.Fatalf("%d series, want %d", n, labelsMost)
	}
	for _, x := range c.merge(s.samples) {
		if x.Label == "a" || x.Label == "c" || x.Label == node.Other && x.Value != 9 {
			t.Errorf("%+v", x)
		}
	}
}

// What the table does not know makes a scrape fail, for whoever sees it.
func TestUnknownSamplesFail(t *testing.T) {
	for _, s := range []node.Sample{
		{Name: "bogus"}, {Name: "picks", Label: "x"}, {Name: "picks", Times: &node.Times{}}, {Name: "queue_time"},
	} {
		m, err := New(Node{Name: "n"}, &still{samples: []node.Sample{s}})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		if w.Code != 500 || !strings.Contains(w.Body.String(), s.Name) {
			t.Errorf("%+v: %d %s", s, w.Code, w.Body)
		}
	}
}

func TestReady(t *testing.T) {
	root, workers := node.Truth("ready", true), node.Level("workers", "", 2)
	for _, c := range []struct {
		want    string
		late    int
		samples []node.Sample
	}{
		{"ready", 0, []node.Sample{root}},
		{"ready", 0, []node.Sample{root, workers, node.Level("eligible", "", 0), node.Level("eligible", "", 1)}},
		{"no eligible analyser", 0, []node.Sample{root, workers, node.Level("eligible", "", 0)}},
		{"ready", 0, []node.Sample{root, workers, node.Level("eligible", "", 0), node.Truth("held_open", true)}},
		{"not ready", 0, []node.Sample{node.Truth("ready", false), workers, node.Level("eligible", "", 1)}},
		{"not ready", 0, nil},
		{"an actor does not answer", 1, []node.Sample{root}},
	} {
		m, err := New(Node{Name: "n"}, &still{samples: c.samples, late: c.late})
		if err != nil {
			t.Fatal(err)
		}
		ok, why := m.Ready(t.Context())
		if why != c.want || ok != (c.want == "ready") {
			t.Errorf("%+v: %v, %s", c, ok, why)
		}
		if len(c.samples) == 0 {
			continue // nothing says anything of readiness
		}
		text := "# HELP weir_node_ready 1 if the node does its part, as /readyz says.\n# TYPE weir_node_ready gauge\nweir_node_ready "
		text += map[bool]string{true: "1\n", false: "0\n"}[c.want == "ready"]
		if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(text), "weir_node_ready"); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Nothing is in the registry that every package of a program shares.
func TestDefaultRegistryIsNotUsed(t *testing.T) {
	registries(t)
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "weir_") {
			t.Error(f.GetName())
		}
	}
}
