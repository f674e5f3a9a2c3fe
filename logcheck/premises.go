package logcheck

import (
	"bytes"
	"slices"
	"strings"
)

// premiseNames are what a run can require besides property ids.
var premiseNames = []string{
	"failover", "retry", "dedup", "down", "recovered", "weight_change", "drain", "add", "remove", "refused",
	"config_refused", "back_pressure", "expired", "poison", "restart", "crash", "pause", "lost", "duplicate",
	"saturated", "none_up", "diskfail", "resumed", "stop", "join",
}

// PremiseNames lists what a run can require besides property ids.
func PremiseNames() []string { return slices.Clone(premiseNames) }

// premiseKnown reports whether a run may require id: a premise, a property or a
// custom property, whose names begin with x_.
func premiseKnown(id string) bool {
	return slices.Contains(premiseNames, id) || slices.Contains(PropertyIDs(), id) || strings.HasPrefix(id, "x_")
}

// premises judges H5: what the scenario meant to happen did happen.
type premises struct {
	Tally
	ctx    *Context
	held   map[string]int64
	config configState
	acked  int64
	phases bool // the fault file names phases
	begun  bool // the first fault has come
}

func newPremises(c *Context) *premises {
	p := &premises{Tally: Tally{Name: "H5"}, ctx: c, held: map[string]int64{}}
	p.config.boot(c)
	return p
}

// Kinds asks for the rare records that premises are about.
func (p *premises) Kinds() KindSet {
	return Kinds(KindSend, KindOutcome, KindRetry, KindDup, KindHealth, KindConfig, KindRefuse, KindBack, KindPoisoned,
		KindFault, KindLost, KindWorldDup, KindView, KindNoneUp, KindDiskfail, KindResumed, KindPhase, KindJoin)
}

// simplePremise names the premise that a kind of record is by itself.
var simplePremise = [kindCount]string{
	KindRetry: "retry", KindDup: "dedup", KindRefuse: "refused", KindPoisoned: "poison", KindLost: "lost",
	KindWorldDup: "duplicate", KindDiskfail: "diskfail", KindResumed: "resumed", KindJoin: "join",
}

// Feed counts what holds.
func (p *premises) Feed(r *Record) {
	switch r.Kind {
	case KindSend:
		p.send(r)
	case KindOutcome:
		if r.Is(KeyOut, "acked") && !p.begun {
			p.acked++
		}
		p.count("expired", r.Is(KeyOut, "expired"))
	case KindHealth:
		p.count("down", r.Is(KeyTo, "down"))
		p.count("recovered", r.Is(KeyTo, "up"))
	case KindConfig:
		p.configured(r)
	case KindBack:
		p.count("back_pressure", r.Bool(KeyOn))
	case KindNoneUp:
		p.count("none_up", r.Bool(KeyOn))
	case KindView:
		p.count("saturated", bytes.Contains(r.Bytes(KeySet), []byte(":full")))
	case KindPhase:
		p.phases = true
	case KindFault:
		p.fault(r)
	default:
		p.count(simplePremise[r.Kind], true)
	}
}

func (p *premises) count(name string, held bool) {
	if held {
		p.held[name]++
	}
}

// send finds a packet that is attempted at a second analyser. In tcp nobody writes
// what is lost, but what is sent while its link is cut is.
func (p *premises) send(r *Record) {
	if p.ctx.Run.World == "tcp" {
		p.count("lost", p.ctx.Truth.Vanishes(r.File.Node, r.Sym(KeyTo), r.Class))
	}
	if r.Msg != MsgPacket || r.Pkt == nil {
		return
	}
	to := r.Sym(KeyTo)
	if r.Pkt.firstTo == 0 {
		r.Pkt.firstTo = to
	}
	p.count("failover", r.Pkt.firstTo != to)
}

// configured compares an accepted configuration with the one before.
func (p *premises) configured(r *Record) {
	if !r.Bool(KeyOK) {
		p.count("config_refused", true)
		return
	}
	old := p.config.of(r.File.Node)
	p.config.accept(r)
	now := p.config.of(r.File.Node)
	find := func(list []weightOf, id Sym) *weightOf {
		for i := range list {
			if list[i].id == id {
				return &list[i]
			}
		}
		return nil
	}
	for _, a := range now {
		was := find(old, a.id)
		p.count("add", was == nil)
		p.count("weight_change", was != nil && was.weight != a.weight)
		p.count("drain", a.drain)
	}
	for _, a := range old {
		p.count("remove", find(now, a.id) == nil)
	}
}

// fault notes which faults came, and the first one, before which enough packets
// must have been acknowledged.
func (p *premises) fault(r *Record) {
	for _, do := range []string{"restart", "crash", "pause", "stop"} {
		p.count(do, r.Is(KeyDo, do))
	}
	if !p.phases || p.ctx.Truth.Phase() == "faults" {
		p.begun = true
	}
}

// Finish judges the premises that the run requires; properties that it requires
// are looked at by the engine.
func (p *premises) Finish(end *End) Result {
	if p.ctx.report != nil {
		p.ctx.report.Premises = p.held
	}
	if end.Why != "" && !end.LivenessDue {
		p.Case()
		p.Unknownf("the run ended early (%s): what it did not come to is not judged", end.Why)
	}
	for _, id := range p.ctx.Run.Require {
		if !slices.Contains(premiseNames, id) {
			continue
		}
		p.Case()
		if p.held[id] == 0 {
			p.Unknownf("premise %s never held", id)
		}
	}
	if least := p.ctx.Run.MinPackets; least > 0 {
		p.Case()
		if p.acked < least {
			p.Unknownf("%d packets were acknowledged before the first fault, %d are required", p.acked, least)
		}
	}
	return p.Result()
}
