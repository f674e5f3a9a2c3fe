//go:build linux

package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// report is everything that was measured.
type report struct {
	Machine string   `json:"machine"`
	Span    string   `json:"span"`
	Sync    float64  `json:"sync_ms"` // what a sync of the analysers' disk takes, idle
	Rows    []result `json:"rows"`
	Shares  []share  `json:"shares"`
}

// print writes the tables.
func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "Machine: %s; a sync of the analysers' disk takes %.2f ms. Each row over %s.\n", r.Machine, r.Sync, r.Span)
	fmt.Fprint(out, "CPU and memory are those of the proxy's processes alone; × peers: messages a proxy CPU second\n"+
		"against the better one of nginx and HAProxy in the row with one packet a request, same packets and load.\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "system\tpackets\tin flight\tload\tmessages/s\tp50 ms\tp99 ms\tp99.9 ms\tCPU us/packet\tmessages/CPU s\tCPU s/M messages\tRSS MiB\t× peers\tfailed\tall CPU s\t")
	for i := range r.Rows {
		x := &r.Rows[i]
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%.0f\t%.2f\t%.2f\t%.2f\t%.1f\t%.0f\t%.2f\t%.0f\t%s\t%d\t%.2f\t\n", x.System, x.packets(), x.Many, x.load(), x.PerSec,
			x.P50, x.P99, x.P999, x.PerPacket, x.PerCPU, x.PerMega, x.Memory, r.ratio(x), x.Failed, x.AllCPU)
	}
	w.Flush()
	r.printShares(out)
	for _, x := range r.Rows {
		if x.Why != "" {
			fmt.Fprintf(out, "%s, %s, %d in flight: %d failed, first: %s\n", x.System, x.packets(), x.Many, x.Failed, x.Why)
		}
		if x.Unsent > 0 {
			fmt.Fprintf(out, "%s, %s: %d packets were due and never sent\n", x.System, x.load(), x.Unsent)
		}
	}
}

func (r *report) printShares(out io.Writer) {
	if len(r.Shares) == 0 {
		return
	}
	fmt.Fprintf(out, "\nOne analyser was killed for %v and came back. From %v after its first commit on, packets of %s, shares %v:\n", away, settle, mixed.name, weights)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "system\tused again after s\tfailed packets\tmessages since\tof each analyser\tlargest error, messages\tppm\t")
	for _, s := range r.Shares {
		fmt.Fprintf(w, "%s\t%.2f\t%d\t%d\t%v\t%.1f\t%.1f\t\n", s.System, s.Back, s.Failed, s.Total, s.Got, s.Error, s.Part)
	}
	w.Flush()
}

func (x *result) packets() string {
	if x.Batch > 1 {
		return fmt.Sprintf("%s, %d a request", x.Shape, x.Batch)
	}
	return x.Shape
}

func (x *result) load() string {
	if x.Level == 0 {
		return "max"
	}
	return fmt.Sprintf("%d %%", x.Level)
}

// ratio compares a row with the better peer; of the peers themselves there is none. With
// more in flight it is compared with the peers' ordinary row.
func (r *report) ratio(x *result) string {
	best := 0.0
	for i := range r.Rows {
		p := &r.Rows[i]
		peer := p.System == "nginx" || p.System == "haproxy"
		if peer && p.Shape == x.Shape && p.Level == x.Level && (p.Many == x.Many || p.Many == inFlight && x.Many > inFlight) {
			best = max(best, p.PerCPU)
		}
	}
	if best == 0 || x.System == "nginx" || x.System == "haproxy" {
		return "-"
	}
	return fmt.Sprintf("%.2f", x.PerCPU/best)
}
