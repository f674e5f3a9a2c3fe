package logcheck

import (
	"slices"
	"strings"
)

// measure is a metric that is judged: FORMAT.md, section 9.
type measure struct {
	role   Role
	metric string
	label  string // the name of its label; empty: it has none
}

var measures = []measure{
	{RoleEmitter, "weir_emitter_packets_total", ""},
	{RoleEmitter, "weir_emitter_messages_total", ""},
	{RoleEmitter, "weir_emitter_submissions_total", ""},
	{RoleEmitter, "weir_emitter_outcomes_total", "outcome"},
	{RoleEmitter, "weir_emitter_kept_out_total", ""},
	{RoleDistributor, "weir_distributor_admitted_total", ""},
	{RoleDistributor, "weir_distributor_refused_total", "reason"},
	{RoleDistributor, "weir_distributor_joined_total", ""},
	{RoleDistributor, "weir_distributor_picks_total", ""},
	{RoleDistributor, "weir_distributor_retries_total", ""},
	{RoleDistributor, "weir_distributor_done_total", ""},
	{RoleDistributor, "weir_distributor_gave_up_total", "reason"},
	{RoleDistributor, "weir_distributor_dead_total", ""},
	{RoleDistributor, "weir_distributor_attempt_failures_total", "reason"},
	{RoleDistributor, "weir_distributor_analyser_attempts_total", "analyser"},
	{RoleDistributor, "weir_distributor_analyser_messages_total", "analyser"},
	{RoleDistributor, "weir_distributor_analyser_done_total", "analyser"},
	{RoleDistributor, "weir_distributor_analyser_failures_total", "analyser"},
	{RoleDistributor, "weir_distributor_probes_total", "result"},
	{RoleDistributor, "weir_distributor_verdicts_total", "verdict"},
	{RoleDistributor, "weir_distributor_scale_decisions_total", "reason"},
	{RoleAnalyser, "weir_analyser_commits_total", ""},
	{RoleAnalyser, "weir_analyser_messages_total", ""},
	{RoleAnalyser, "weir_analyser_duplicates_total", ""},
	{RoleAnalyser, "weir_analyser_poisoned_total", ""},
}

// generatorOnly is told only where there is a generator: an emitter that reads inputs
// keeps nothing out.
const generatorOnly = "weir_emitter_kept_out_total"

// otherLabel is the label of all values beyond those that a metric may have.
const otherLabel = "(other)"

// scrapeBook counts in the log of one incarnation what its scrape tells.
type scrapeBook struct {
	*scrape
	err    int64             // clock error
	counts map[series]bounds // by what the log has
	last   uint64            // the newest effect number
}

// bounds of a count: what had surely happened when the scrape was asked for, and what
// may have when it was answered.
type bounds struct{ least, most int64 }

// measuredKinds are the records that scrapes count.
func measuredKinds() KindSet {
	return Kinds(KindEmit, KindOutcome, KindKeptOut, KindSend, KindAdmit, KindRefuse, KindJoin, KindPick, KindAttemptFailed,
		KindRetry, KindDone, KindGaveUp, KindDead, KindProbed, KindHealth, KindScale, KindCommit, KindDup, KindPoisoned)
}

func (b *scrapeBook) add(r *Record, n int64, metric, label string) {
	c := b.counts[series{metric, label}]
	if r.T < b.from-b.err {
		c.least += n
	}
	if r.T <= b.to+b.err {
		c.most += n
	}
	b.counts[series{metric, label}] = c
}

// feed counts a record of the incarnation.
func (b *scrapeBook) feed(r *Record) {
	switch r.Kind {
	case KindEmit:
		b.add(r, 1, "weir_emitter_packets_total", "")
		b.add(r, r.Int(KeyN), "weir_emitter_messages_total", "")
	case KindOutcome:
		b.add(r, 1, "weir_emitter_outcomes_total", r.Str(KeyOut))
	case KindKeptOut:
		b.add(r, r.Int(KeyN), "weir_emitter_kept_out_total", "")
	case KindSend:
		if r.Msg == MsgSubmit {
			b.add(r, 1, "weir_emitter_submissions_total", "")
		}
	case KindCommit:
		if cs := r.Uint(KeyCS); cs > b.last {
			b.last = cs
			b.add(r, 1, "weir_analyser_commits_total", "")
			b.add(r, r.Int(KeyN), "weir_analyser_messages_total", "")
		}
	case KindDup:
		b.add(r, 1, "weir_analyser_duplicates_total", "")
	case KindPoisoned:
		b.add(r, 1, "weir_analyser_poisoned_total", "")
	default:
		b.distributor(r)
	}
}

// distributor counts what a distributor did.
func (b *scrapeBook) distributor(r *Record) {
	const of = "weir_distributor_"
	switch r.Kind {
	case KindAdmit:
		b.add(r, 1, of+"admitted_total", "")
	case KindRefuse:
		b.add(r, 1, of+"refused_total", r.Str(KeyWhy))
	case KindJoin:
		b.add(r, 1, of+"joined_total", "")
	case KindPick:
		b.add(r, 1, of+"picks_total", "")
		b.add(r, 1, of+"analyser_attempts_total", r.Str(KeyTo))
		if r.Uint(KeyAtt) == 1 {
			b.add(r, r.Int(KeyN), of+"analyser_messages_total", r.Str(KeyTo))
		}
	case KindAttemptFailed:
		b.add(r, 1, of+"attempt_failures_total", r.Str(KeyWhy))
		b.add(r, 1, of+"analyser_failures_total", r.Str(KeyTo))
	case KindRetry:
		b.add(r, 1, of+"retries_total", "")
	case KindDone:
		b.add(r, 1, of+"done_total", "")
		b.add(r, 1, of+"analyser_done_total", r.Str(KeyTo))
	case KindGaveUp:
		b.add(r, 1, of+"gave_up_total", r.Str(KeyWhy))
	case KindDead:
		b.add(r, 1, of+"dead_total", "")
	case KindScale:
		b.add(r, 1, of+"scale_decisions_total", r.Str(KeyWhy))
	case KindProbed:
		b.add(r, 1, of+"probes_total", r.Str(KeyRes))
	case KindHealth:
		if !r.Is(KeyWhy, "central") { // a worker that follows the supervisor
			b.add(r, 1, of+"verdicts_total", r.Str(KeyTo))
		}
	}
}

// judge compares the scrape with the log.
func (b *scrapeBook) judge(t *Tally) {
	for i := range measures {
		m := &measures[i]
		if m.role != b.of.Role {
			continue
		}
		labels := b.labels(m)
		if _, folded := b.series[series{m.metric, otherLabel}]; folded {
			labels = b.fold(m, labels)
		}
		if m.label == "" {
			labels = []string{""}
		}
		for _, label := range labels {
			key := series{m.metric, label}
			got, told := b.series[key]
			c := b.counts[key]
			t.Case()
			if m.label == "" && !told && m.metric != generatorOnly {
				t.Failf([]Ref{{file: b.file, Line: 1}}, "%s does not tell %s", b.file.Name, m.metric)
			} else if got.value < c.least || got.value > c.most {
				t.Failf([]Ref{{file: b.file, Line: max(got.line, 1)}}, "%s: %s %q is %d, the log has %d to %d", b.file.Name, m.metric, Sanitise(label), got.value, c.least, c.most)
			}
		}
	}
}

// labels lists the values of a metric's label that the scrape or the log tell.
func (b *scrapeBook) labels(m *measure) (all []string) {
	for key := range b.series { //weir:anyorder the list is sorted below
		if key.metric == m.metric {
			all = append(all, key.label)
		}
	}
	for key := range b.counts { //weir:anyorder the list is sorted below
		if key.metric == m.metric {
			all = append(all, key.label)
		}
	}
	slices.SortFunc(all, strings.Compare)
	return slices.Compact(all)
}

// fold adds up a metric of which some values stand together.
func (b *scrapeBook) fold(m *measure, labels []string) []string {
	sum := series{m.metric, otherLabel}
	for _, label := range labels {
		key := series{m.metric, label}
		if key == sum {
			continue
		}
		s, c := b.series[sum], b.counts[sum]
		s.value += b.series[key].value
		b.series[sum] = s
		b.counts[sum] = bounds{c.least + b.counts[key].least, c.most + b.counts[key].most}
	}
	return []string{otherLabel}
}
