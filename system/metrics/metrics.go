package metrics

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Limits of a scrape.
const (
	actorsWithin = 2 * time.Second  // actors that have not answered by then are late
	scrapeWithin = 10 * time.Second // then the client gets 503
	scrapesMost  = 4                // at once, further ones get 503
)

// Node says whose metrics they are.
type Node struct {
	Name        string
	Role        string
	Incarnation uint32
	Version     string // of the program
}

// Metrics are those of one node.
type Metrics struct {
	source   Source
	registry *prometheus.Registry
}

// New makes a registry with all that a node measures, the Go runtime and the process.
func New(n Node, s Source) (*Metrics, error) {
	m := &Metrics{source: s, registry: prometheus.NewRegistry()}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "weir_build_info", Help: "1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"node": n.Name, "role": n.Role, "version": n.Version, "go_version": runtime.Version()},
	})
	info.Set(1)
	incarnation := prometheus.NewGauge(prometheus.GaugeOpts{Name: "weir_node_incarnation", Help: "The number of this life of the node."})
	incarnation.Set(float64(n.Incarnation))
	for _, c := range []prometheus.Collector{
		info, incarnation, newCollector(s, actorsWithin),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := m.registry.Register(c); err != nil {
			return nil, fmt.Errorf("metrics of %s: %w", n.Name, err)
		}
	}
	return m, nil
}

// Gatherer is the node's registry.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		Registry: m.registry, ErrorHandling: promhttp.HTTPErrorOnError,
		MaxRequestsInFlight: scrapesMost, Timeout: scrapeWithin, EnableOpenMetrics: true,
	})
}

// Ready reports whether the node does its part now, and if not, why.
func (m *Metrics) Ready(ctx context.Context) (bool, string) {
	return ready(m.source.Samples(ctx))
}
