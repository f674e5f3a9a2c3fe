package logcheck

// Report is what a run did with its traffic, beside the verdict: the shares that
// were wanted and got, how fast faults were found, what emitters had to wait. It
// judges nothing.
type Report struct {
	// Distributors has one entry for each distributor node, all incarnations and
	// choosers together.
	Distributors []DistributorReport `json:"distributors"`
	// Analysers has one entry for each analyser node that committed something.
	Analysers []AnalyserReport `json:"analysers"`
	// Faults lists the faults that made an analyser unreachable, or its data path
	// while probes passed, at most 1000.
	Faults []FaultReport `json:"faults,omitempty"`
	// Emitters has one entry for each emitter node.
	Emitters []EmitterReport `json:"emitters"`
	// Totals adds up the run.
	Totals TotalsReport `json:"totals"`
	// Premises counts how often each premise of FORMAT.md section 7 held; those that
	// never did are left out.
	Premises map[string]int64 `json:"premises,omitempty"`
	// OneIn is of how many packets the logs have one; all figures are of those. 0 and 1:
	// of all.
	OneIn uint64 `json:"one_in,omitempty"`
}

// DistributorReport is one distributor's traffic.
type DistributorReport struct {
	// Node is the distributor, Policy its policy.
	Node   string `json:"node"`
	Policy string `json:"policy"`
	// Epochs has one entry for each set of shares that was in force, in order of
	// appearance, for the first 64 sets; Other counts the decisions under later ones.
	Epochs []EpochReport `json:"epochs"`
	Other  int64         `json:"other_decisions,omitempty"`
	// Worst has each analyser's largest deviations; empty when the policy has no
	// bound that is judged at every decision.
	Worst []DeviationReport `json:"worst,omitempty"`
}

// EpochReport is the traffic under one set of shares.
type EpochReport struct {
	// Decisions and Messages were decided, retries included.
	Decisions int64 `json:"decisions"`
	Messages  int64 `json:"messages"`
	// Shares has one entry for each eligible analyser, ascending by id.
	Shares []ShareReport `json:"shares"`
}

// ShareReport is one analyser's part of an epoch.
type ShareReport struct {
	Analyser string `json:"analyser"`
	// WantedPPM is its share in parts per million; Messages and Packets are what it
	// got, WantedMilli what it should have got, in thousandths of a message.
	WantedPPM   int64 `json:"wanted_ppm"`
	WantedMilli int64 `json:"wanted_milli_messages"`
	Messages    int64 `json:"messages"`
	Packets     int64 `json:"packets"`
}

// DeviationReport is how far one chooser's decisions went from an analyser's share,
// in thousandths of a unit (a message, or a packet under smooth and original), and
// the bound in force at the largest deviation of each side.
type DeviationReport struct {
	Analyser     string `json:"analyser"`
	StarvedMilli int64  `json:"starved_milli"`
	StarvedBound int64  `json:"starved_bound_milli"`
	OverfedMilli int64  `json:"overfed_milli"`
	OverfedBound int64  `json:"overfed_bound_milli"`
}

// AnalyserReport is what reached one analyser.
type AnalyserReport struct {
	Node string `json:"node"`
	// DecidedMessages were given to it, DeliveredMessages were completed by its
	// receipt, CommittedMessages are in its commits (each once).
	DecidedMessages   int64 `json:"decided_messages"`
	DeliveredMessages int64 `json:"delivered_messages"`
	CommittedMessages int64 `json:"committed_messages"`
	CommittedPackets  int64 `json:"committed_packets"`
	// Duplicates were suppressed.
	Duplicates int64 `json:"duplicates"`

	top uint64 // highest effect number that stands
}

// FaultReport is how fast the detectors found one outage and its end.
type FaultReport struct {
	// Line is the line of the fault file; Do is its verb, Target the analyser.
	Line   int    `json:"line"`
	Do     string `json:"do"`
	Target string `json:"target"`
	// At is when it began, ns.
	At int64 `json:"at_ns"`
	// Detect and Recover are the times over the detectors that found it.
	Detect  TimesReport `json:"detect"`
	Recover TimesReport `json:"recover"`
}

// TimesReport is a number of spans, ns: how many, the shortest, the longest and
// their sum.
type TimesReport struct {
	Count int64 `json:"count"`
	Min   int64 `json:"min_ns"`
	Max   int64 `json:"max_ns"`
	Sum   int64 `json:"sum_ns"`
}

func (t *TimesReport) add(v int64) {
	if t.Count == 0 || v < t.Min {
		t.Min = v
	}
	t.Max = max(t.Max, v)
	t.Sum += v
	t.Count++
}

// EmitterReport is what one emitter saw.
type EmitterReport struct {
	Node string `json:"node"`
	// Emitted and Acked count packets; Worst is the longest time during which it had
	// packets waiting and got no ack, ns, and WorstAt when that began.
	Emitted int64 `json:"emitted"`
	Acked   int64 `json:"acked"`
	Worst   int64 `json:"worst_wait_ns"`
	WorstAt int64 `json:"worst_wait_at_ns"`
}

// TotalsReport adds up a run.
type TotalsReport struct {
	Emitted   int64 `json:"emitted"`
	Acked     int64 `json:"acked"`
	Rejected  int64 `json:"rejected"`
	Expired   int64 `json:"expired"`
	Decisions int64 `json:"decisions"`
	Retries   int64 `json:"retries"`
	Committed int64 `json:"committed_packets"`
	// Unique counts packets committed anywhere, each once however many stores have it.
	Unique         int64 `json:"unique_committed_packets"`
	UniqueMessages int64 `json:"unique_committed_messages"`
	Duplicates     int64 `json:"duplicates"`
}
