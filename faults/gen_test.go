package faults

import (
	"time"

	"pgregory.net/rapid"
)

// Generators of well-formed plans, over every verb of the vocabulary.

var (
	genName    = rapid.StringMatching(`[A-Za-z0-9._-]{1,12}`)
	genItem    = rapid.StringMatching(`[A-Za-z0-9._*-]{1,8}`)
	genKey     = rapid.StringMatching(`[a-z_0-9]{1,16}`)
	genText    = rapid.OneOf(genName, rapid.StringN(0, 40, 80), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }))
	genTime    = rapid.Map(rapid.Int64Range(1, int64(DurationMax)), func(n int64) time.Duration { return time.Duration(n) })
	genRound   = rapid.Map(rapid.IntRange(1, 5000), func(n int) time.Duration { return time.Duration(n) * time.Millisecond })
	genSpan    = rapid.OneOf(genTime, genRound)
	genPPM     = rapid.Int64Range(1, ppmAll)
	genClasses = rapid.Map(rapid.IntRange(1, int(AllClasses)), func(n int) ClassSet { return ClassSet(n) })
)

var genPattern = rapid.Custom(func(t *rapid.T) Pattern {
	if rapid.Bool().Draw(t, "single") {
		return Pattern(genItem.Draw(t, "item"))
	}
	s := "{" + genItem.Draw(t, "first")
	for range rapid.IntRange(0, 3).Draw(t, "more") {
		s += "," + genItem.Draw(t, "next")
	}
	return Pattern(s + "}")
})

func maybe[V any](t *rapid.T, g *rapid.Generator[V], label string) (v V) {
	if rapid.Bool().Draw(t, label+"?") {
		v = g.Draw(t, label)
	}
	return v
}

var genTrigger = rapid.Custom(func(t *rapid.T) Trigger {
	if rapid.Bool().Draw(t, "timed") {
		return Trigger{At: maybe(t, genSpan, "at")}
	}
	tr := Trigger{
		Nodes: genPattern.Draw(t, "whose"), Actor: maybe(t, genName, "actor"), Kind: genKey.Draw(t, "kind"),
		Count: rapid.IntRange(1, CountMax).Draw(t, "count"), After: maybe(t, genSpan, "after"),
		Every: rapid.Bool().Draw(t, "every"),
	}
	keys := rapid.SliceOfNDistinct(genKey, 0, 3, func(s string) string { return s }).Draw(t, "keys")
	for _, k := range keys {
		tr.Match = append(tr.Match, FieldMatch{k, genText.Draw(t, "value")})
	}
	return tr
})

var genAction = rapid.Custom(func(t *rapid.T) Action {
	info := rapid.SampledFrom(vocabulary).Draw(t, "verb")
	a := Action{When: genTrigger.Draw(t, "when"), Do: info.Verb, Targets: drawTargets(t, info)}
	for _, arg := range info.Args {
		drawArg(t, arg, &a)
	}
	if info.EndedBy != "" && rapid.Bool().Draw(t, "for?") {
		a.For = a.Args.Over + genRound.Draw(t, "for")
	}
	return a
})

func drawTargets(t *rapid.T, info Info) (x Targets) {
	switch info.Form {
	case FormNodes:
		x.Nodes = genPattern.Draw(t, "nodes")
	case FormActors:
		x.Nodes, x.Actor = genPattern.Draw(t, "nodes"), maybe(t, genName, "actor")
		if info.Verb == Kill {
			x.Actor = genName.Draw(t, "victim")
		}
	case FormCentre:
		x.Nodes, x.Among = genPattern.Draw(t, "nodes"), maybe(t, genPattern, "among")
	case FormGroup:
		x.Among = maybe(t, genPattern, "among")
	case FormLinks:
		x.From, x.To = genPattern.Draw(t, "from"), genPattern.Draw(t, "to")
		if x.From == x.To {
			x.To = "*"
		}
		x.Both = info.Verb == OneWay || rapid.Bool().Draw(t, "both")
	}
	if info.takesClasses() {
		x.Classes = genClasses.Draw(t, "classes")
	}
	return x
}

func drawArg(t *rapid.T, arg Arg, a *Action) {
	x := &a.Args
	switch arg {
	case ArgSilent:
		x.Silent = rapid.Bool().Draw(t, "silent")
	case ArgPercent:
		x.Percent = rapid.IntRange(101, PercentMax).Draw(t, "percent")
	case ArgImpair:
		x.Impair = genImpairment.Draw(t, "impair")
	case ArgOver:
		x.Over = genRound.Draw(t, "over")
	case ArgShift:
		x.Shift = genSpan.Draw(t, "shift") * time.Duration(rapid.SampledFrom([]int{-1, 1}).Draw(t, "sign"))
	case ArgDrift:
		x.DriftPPM = rapid.Int64Range(1, DriftMax).Draw(t, "ppm") * rapid.SampledFrom([]int64{-1, 1}).Draw(t, "sign")
	case ArgRot:
		x.File, x.Bits = genText.Filter(func(s string) bool { return s != "" }).Draw(t, "file"), rapid.IntRange(1, BitsMax).Draw(t, "bits")
		x.Offset = rapid.Int64Range(-1, offsetMax).Draw(t, "offset")
	case ArgDocument:
		x.Document = genText.Filter(func(s string) bool { return s != "" }).Draw(t, "document")
	case ArgID:
		x.ID = genName.Draw(t, "id")
	case ArgWeight:
		x.Weight = rapid.Int64Range(0, WeightMax).Draw(t, "weight")
	case ArgWrong:
		if x.Wrong = rapid.SampledFrom(wrongs).Draw(t, "wrong"); x.Wrong != WrongGarbage {
			x.ID = genName.Draw(t, "id")
		}
	}
}

var genImpairment = rapid.Custom(func(t *rapid.T) Impairment {
	m := Impairment{
		Delay: maybe(t, genSpan, "delay"), Jitter: maybe(t, genSpan, "jitter"), LossPPM: maybe(t, genPPM, "loss"),
		DuplicatePPM: maybe(t, genPPM, "duplicate"), ReorderPPM: maybe(t, genPPM, "reorder"),
		CorruptPPM: maybe(t, genPPM, "corrupt"), Rate: maybe(t, rapid.Int64Range(1, rateMax), "rate"),
	}
	if m.ReorderPPM != 0 {
		m.ReorderDelay = genSpan.Draw(t, "by")
	}
	if m == (Impairment{}) {
		m.LossPPM = 1
	}
	return m
})

var genPlan = rapid.Custom(func(t *rapid.T) Plan {
	return Plan{Actions: rapid.SliceOfN(genAction, 0, 8).Draw(t, "actions")}
})
