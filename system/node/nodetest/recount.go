package nodetest

import (
	"encoding/json"
	"fmt"
	"slices"

	"weir/system/node"
)

// Series names one measured value: a sample's name and label.
type Series struct{ Name, Label string }

// Parse reads a log line back; it panics if the line is no record.
func Parse(line string) Record {
	r := Record{keys: map[string]json.RawMessage{}}
	if err := json.Unmarshal([]byte(line), &r.keys); err != nil {
		panic(fmt.Sprintf("nodetest: log line %q: %v", line, err))
	}
	r.get("k", &r.Kind)
	r.get("a", &r.Actor)
	r.get("s", &r.Seq)
	return r
}

// Measured is what the actors of the present incarnation measure; of times, how many
// there were.
func (n *Node) Measured() map[Series]uint64 {
	var all []node.Sample
	for _, s := range n.actors {
		if m, ok := s.actor.(node.Sampler); ok && !s.gone {
			all = m.Samples(all)
		}
	}
	out := map[Series]uint64{}
	for _, s := range all {
		if s.Times != nil {
			s.Value += s.Times.Count()
		}
		out[Series{s.Name, s.Label}] += s.Value
	}
	return out
}

// Misjudged compares what the actors of the present incarnation measured with its log,
// and lists the differences. At rest there must be none.
func (n *Node) Misjudged() (wrong []string) {
	var records []Record
	for _, line := range n.lines[n.born:] {
		records = append(records, Parse(line))
	}
	measured, recount := n.Measured(), Recount(records)
	for s, want := range recount {
		if got := measured[s]; got != want {
			wrong = append(wrong, fmt.Sprintf("%s %q is %d, the log has %d", s.Name, s.Label, got, want))
		}
	}
	for s, got := range measured {
		if recounted[s.Name] && got != 0 && recount[s] == 0 {
			wrong = append(wrong, fmt.Sprintf("%s %q is %d, the log has none", s.Name, s.Label, got))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// recounted are the names that Recount gives from what actors write themselves.
var recounted = map[string]bool{
	"emitted": true, "emitted_messages": true, "outcomes": true, "kept_out": true, "ack_time": true,
	"admitted": true, "refused": true, "joined": true, "picks": true, "retries": true, "done": true, "gave_up": true, "dead": true,
	"failures": true, "attempts": true, "first_messages": true, "completed": true, "failed_attempts": true, "queue_time": true,
	"scale_decisions": true, "probes": true, "verdicts": true, "commits": true, "committed_messages": true, "duplicates": true, "poisoned": true,
}

// Recount counts in the records of one incarnation what its actors count of
// themselves, from the words of logcheck/FORMAT.md.
func Recount(records []Record) map[Series]uint64 {
	c := counting{}
	for _, r := range records {
		switch r.Kind {
		case "emit":
			c.add("emitted", "", 1)
			c.add("emitted_messages", "", r.Int("n"))
		case "kept_out":
			c.add("kept_out", "", r.Int("n"))
		case "outcome":
			c.add("outcomes", r.Str("out"), 1)
			if r.Str("out") == "acked" {
				c.add("ack_time", "", 1)
			}
		case "send":
			if r.Str("msg") == "submit" {
				c.add("submits", "", 1)
			}
		case "scale":
			c.add("scale_decisions", r.Str("why"), 1)
		case "dup":
			c.add("duplicates", "", 1)
		case "poisoned":
			c.add("poisoned", "", 1)
		case "probed":
			c.add("probes", r.Str("res"), 1)
		case "health":
			if r.Str("why") != "central" { // a worker that follows the supervisor
				c.add("verdicts", r.Str("to"), 1)
			}
		default:
			c.packet(r)
		}
	}
	c.commits(records)
	return c
}

type counting map[Series]uint64

func (c counting) add(name, label string, n int64) { c[Series{name, label}] += uint64(n) }

// packet counts what a distributor did with a packet.
func (c counting) packet(r Record) {
	switch r.Kind {
	case "admit":
		c.add("admitted", "", 1)
	case "join":
		c.add("joined", "", 1)
	case "refuse":
		c.add("refused", r.Str("why"), 1)
	case "pick":
		c.add("picks", "", 1)
		c.add("attempts", r.Str("to"), 1)
		if r.Int("att") == 1 {
			c.add("first_messages", r.Str("to"), r.Int("n"))
			c.add("queue_time", "", 1)
		}
	case "attempt_failed":
		c.add("failures", r.Str("why"), 1)
		c.add("failed_attempts", r.Str("to"), 1)
	case "retry":
		c.add("retries", "", 1)
	case "done":
		c.add("done", "", 1)
		c.add("completed", r.Str("to"), 1)
	case "gave_up":
		c.add("gave_up", r.Str("why"), 1)
	case "dead":
		c.add("dead", "", 1)
	}
}

// commits counts effects: one that is written again keeps its number.
func (c counting) commits(records []Record) {
	last := int64(0)
	for _, r := range records {
		if r.Kind == "commit" && r.Int("cs") > last {
			last = r.Int("cs")
			c.add("commits", "", 1)
			c.add("committed_messages", "", r.Int("n"))
		}
	}
}
