package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
)

// names of metrics and of labels as they stand in an expression.
var (
	metricWord = regexp.MustCompile(`\b(?:weir|go|process|promhttp)_[a-z0-9_]+\b|\bup\b`)
	matched    = regexp.MustCompile(`\b([a-z0-9_]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-z_]+)\s*[=!]`)
	grouped    = regexp.MustCompile(`\b(?:by|on|group_left)\s*\(([^)]*)\)`)
)

// served are the labels of each metric that some role's registry has, with what
// Prometheus adds: the series of histograms, and labels of its own.
func served(t *testing.T) map[string][]string {
	all := map[string][]string{"up": {"job", "instance"}}
	for _, g := range registries(t) {
		add(t, all, g)
	}
	return all
}

func add(t *testing.T, all map[string][]string, g prometheus.Gatherer) {
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		labels := []string{"job", "instance"}
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		name := f.GetName()
		if f.GetMetric()[0].GetHistogram() == nil {
			all[name] = labels
			continue
		}
		all[name+"_bucket"], all[name+"_sum"], all[name+"_count"] = append(labels, "le"), labels, labels
	}
}

// wrong says what an expression names that nobody serves.
func wrong(served map[string][]string, expr string) (bad []string) {
	names := metricWord.FindAllString(expr, -1)
	if len(names) == 0 {
		bad = append(bad, "names no metric")
	}
	var labels []string
	for _, n := range names {
		if served[n] == nil {
			bad = append(bad, "no metric "+n)
		}
		labels = append(labels, served[n]...)
	}
	for _, m := range matched.FindAllStringSubmatch(expr, -1) {
		for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(served[m[1]], l[1]) {
				bad = append(bad, m[1]+" has no label "+l[1])
			}
		}
	}
	for _, m := range grouped.FindAllStringSubmatch(expr, -1) {
		for _, l := range strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' }) {
			if !slices.Contains(labels, l) {
				bad = append(bad, "no label "+l)
			}
		}
	}
	if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") {
		bad = append(bad, "brackets do not match")
	}
	return bad
}

// Every metric and label that the dashboard and the alert rules name exists.
func TestDashboardsNameWhatExists(t *testing.T) {
	exist := served(t)
	exprs := append(dashboard(t), alerts(t)...)
	for _, e := range exprs {
		if bad := wrong(exist, e); bad != nil {
			t.Errorf("%s\n\t%s", strings.Join(bad, ", "), e)
		}
	}
	all := strings.Join(exprs, "\n")
	for _, m := range table { // and what no operator is shown need not be measured
		if m.name != "weir_operator_orders" && !strings.Contains(all, m.name) && !rarelyShown[m.name] {
			t.Errorf("%s stands on no panel and in no rule", m.name)
		}
	}
}

// rarelyShown need no panel: another one shows the same from another side.
var rarelyShown = map[string]bool{
	"weir_distributor_spool_open":    true,
	"weir_emitter_submissions_total": true, "weir_source_bytes_total": true, "weir_emitter_open_bytes": true, "weir_emitter_drained": true,
	"weir_node_mailbox_bytes": true, "weir_node_peer_waiting_messages": true, "weir_node_disk_waiting_operations": true,
	"weir_analyser_pending_bytes": true, "weir_distributor_analyser_attempts_total": true, "weir_distributor_analyser_done_total": true,
}

// dashboard returns the expressions of the dashboard's panels.
func dashboard(t *testing.T) (exprs []string) {
	var board struct {
		Title  string
		UID    string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			Targets []struct{ Expr, RefID string }
		}
	}
	b, err := os.ReadFile("dashboards/weir.json")
	if err == nil {
		err = json.Unmarshal(b, &board)
	}
	if err != nil || board.Title != "weir" || board.UID != "weir" {
		t.Fatalf("%+v, %v", board, err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q has the id of another, or shows nothing", p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	return exprs
}

// alerts returns the expressions of the alert rules.
func alerts(t *testing.T) (exprs []string) {
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	b, err := os.ReadFile("dashboards/alerts.yaml")
	if err == nil {
		err = yaml.UnmarshalWithOptions(b, &file, yaml.Strict())
	}
	if err != nil || len(file.Groups) == 0 {
		t.Fatalf("%v, %v", file, err)
	}
	seen := map[string]bool{}
	for _, r := range file.Groups[0].Rules {
		if seen[r.Alert] || r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
			t.Errorf("alert %q is there twice, or has no severity or no summary", r.Alert)
		}
		seen[r.Alert] = true
		exprs = append(exprs, r.Expr)
	}
	return exprs
}

// The test above sees what is wrong.
func TestWrongNamesAreSeen(t *testing.T) {
	exist := map[string][]string{"weir_x_total": {"job", "reason"}, "weir_h_bucket": {"le"}}
	for expr, want := range map[string]string{
		`rate(weir_x_total{reason="a"}[5m])`: "",
		`sum by (reason) (weir_x_total)`:     "",
		`rate(weir_y_total[5m])`:             "no metric weir_y_total",
		`weir_x_total{analyser="a"}`:         "weir_x_total has no label analyser",
		`sum by (le, peer) (weir_h_bucket)`:  "no label peer",
		`weir_h_count`:                       "no metric weir_h_count",
		`1 > 0`:                              "names no metric",
		`rate(weir_x_total[5m]`:              "brackets do not match",
	} {
		if got := strings.Join(wrong(exist, expr), ", "); got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}
