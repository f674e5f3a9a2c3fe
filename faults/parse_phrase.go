package faults

import (
	"strconv"
	"strings"
	"time"
)

// phrase reads the verb, its target and its arguments.
func (p *parser) phrase(a *Action) {
	t := p.word("a verb")
	a.Do = Verb(t.text)
	if next := p.peek(); a.Do == Heal && next.kind == tokenWord && next.text == "all" && p.tokens[p.next+1].kind == tokenEnd {
		p.take()
		a.Do = HealAll
	}
	info, known := byVerb[a.Do]
	if !known {
		p.fail(t, "no such verb%s", suggestion(t.text))
		return
	}
	p.targets(info, &a.Targets)
	for _, arg := range info.Args {
		if p.bad != nil {
			return
		}
		p.arg(arg, &a.Args)
	}
}

// suggestion names the verb that was probably meant: equal but for hyphens and capitals.
func suggestion(word string) string {
	plain := strings.ToLower(strings.ReplaceAll(word, "-", "_"))
	for _, info := range vocabulary {
		if string(info.Verb) == plain {
			return "; is " + plain + " meant?"
		}
	}
	return ""
}

func (p *parser) targets(info Info, t *Targets) {
	switch info.Form {
	case FormNodes, FormActors:
		at := p.peek()
		t.Nodes, t.Actor = p.target(info.Form == FormActors)
		if info.Verb == Kill && t.Actor == "" {
			p.fail(at, "kill takes one actor: NODES/ACTOR; a whole node is crashed")
		}
	case FormLinks:
		p.links(t)
	case FormCentre:
		t.Nodes, _ = p.target(false)
	}
	if (info.Form == FormCentre || info.Form == FormGroup) && p.accept("among") {
		t.Among, _ = p.target(false)
	}
	if info.takesClasses() {
		t.Classes = p.classes()
	}
}

func (p *parser) links(t *Targets) {
	t.From, _ = p.target(false)
	sign := p.take()
	if sign.kind != tokenArrow && sign.kind != tokenBoth {
		p.fail(sign, "-> or <-> stands between the two sides of a link")
	}
	t.Both = sign.kind == tokenBoth
	t.To, _ = p.target(false)
}

func (p *parser) classes() ClassSet {
	var set ClassSet
	for {
		t := p.peek()
		class, ok := classOfWord(t.text)
		if t.kind != tokenWord || !ok {
			break
		}
		if set.Has(class) {
			p.fail(t, "this class is named twice")
		}
		set |= Classes(class)
		p.take()
	}
	if set == 0 {
		return AllClasses
	}
	return set
}

func (p *parser) arg(arg Arg, x *Args) {
	switch arg {
	case ArgSilent:
		x.Silent = p.accept("silent")
	case ArgPercent:
		x.Percent = p.percent()
	case ArgImpair:
		x.Impair = p.impairment()
	case ArgOver:
		p.expect("over")
		x.Over = p.positive()
	case ArgShift:
		x.Shift = p.shift()
	case ArgDrift:
		x.DriftPPM = p.drift()
	case ArgRot:
		p.rot(x)
	case ArgDocument:
		x.Document = p.value()
	case ArgID:
		x.ID = p.name("an analyser")
	case ArgWeight:
		x.Weight = p.count(0, WeightMax)
	case ArgWrong:
		p.wrong(x)
	}
}

func (p *parser) percent() int {
	t := p.word("a percentage")
	number, ok := strings.CutSuffix(t.text, "%")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || number != strconv.Itoa(n) || n < 0 || n > PercentMax {
		p.fail(t, "whole percent from 0%% to %d%% stand here", PercentMax)
	}
	return n
}

func (p *parser) shift() time.Duration {
	t := p.word("a shift")
	d, err := parseShift(t.text)
	if err != nil {
		p.fail(t, "%v", err)
	}
	return d
}

func (p *parser) drift() int64 {
	t := p.word("a drift")
	number, ok := strings.CutSuffix(t.text, "ppm")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n == 0 || t.text != formatDrift(n) {
		p.fail(t, "a drift has a sign and ends with ppm: +200ppm, -50ppm")
	}
	return n
}

func (p *parser) rot(x *Args) {
	p.expect("file")
	x.File = p.value()
	p.expect("bits")
	x.Bits = int(p.count(1, BitsMax))
	x.Offset = -1
	if p.accept("offset") {
		x.Offset = p.count(0, offsetMax)
	}
}

func (p *parser) wrong(x *Args) {
	t := p.word("a kind of misconfiguration")
	for _, w := range wrongs {
		if string(w) == t.text {
			x.Wrong = w
		}
	}
	if x.Wrong == "" {
		p.fail(t, "a misconfiguration is negative, nan, duplicate, zero, stale or garbage")
		return
	}
	if x.Wrong != WrongGarbage {
		x.ID = p.name("an analyser")
	}
}

// impairment reads what the link does, in any order, each at most once and at least one.
func (p *parser) impairment() (m Impairment) {
	for p.bad == nil && p.peek().kind != tokenEnd {
		t := p.take()
		before := m
		switch t.text {
		case "delay":
			m.Delay = p.once(t, before.Delay, p.positive())
		case "jitter":
			m.Jitter = p.once(t, before.Jitter, p.positive())
		case "loss":
			m.LossPPM = p.share(t, before.LossPPM)
		case "duplicate":
			m.DuplicatePPM = p.share(t, before.DuplicatePPM)
		case "reorder":
			m.ReorderPPM = p.share(t, before.ReorderPPM)
			p.expect("by")
			m.ReorderDelay = p.positive()
		case "corrupt":
			m.CorruptPPM = p.share(t, before.CorruptPPM)
		case "rate":
			m.Rate = p.rate(t, before.Rate)
		default:
			p.fail(t, "an impairment is delay, jitter, loss, duplicate, reorder, corrupt or rate")
		}
	}
	if p.bad == nil && m == (Impairment{}) {
		p.fail(p.peek(), "at least one of delay, jitter, loss, duplicate, reorder, corrupt, rate")
	}
	return m
}

// once hands on the value read after t and complains if there was one already.
func (p *parser) once(t token, before, value time.Duration) time.Duration {
	if before != 0 {
		p.fail(t, "this is said twice")
	}
	return value
}

func (p *parser) share(t token, before int64) int64 {
	word := p.word("a share")
	ppm, err := parseShare(word.text)
	if err != nil {
		p.fail(word, "%v", err)
	}
	if before != 0 {
		p.fail(t, "this is said twice")
	}
	return ppm
}

func (p *parser) rate(t token, before int64) int64 {
	word := p.word("a rate")
	rate, err := parseRate(word.text)
	if err != nil {
		p.fail(word, "%v", err)
	}
	if before != 0 {
		p.fail(t, "this is said twice")
	}
	return rate
}
