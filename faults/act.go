package faults

import (
	"strconv"
	"time"
)

// Act is one flat fault: one verb on one node, one actor or one directed link. It is what a world carries out and
// what the fault log shows. Acts are comparable with ==.
type Act struct {
	Do      Verb     // a flat verb, or heal all, which only the world that keeps an [Active] can expand
	Node    string   // node and actor acts
	Actor   string   // actor acts
	From    string   // link acts
	To      string   // link acts
	Classes ClassSet // link acts, never empty there
	Args    Args     // as far as the verb takes them
}

// Step is an act and when it is due.
type Step struct {
	After time.Duration // after the action's trigger
	Act   Act
}

// IsLink says whether the act is aimed at a link.
func (a Act) IsLink() bool { return a.From != "" }

// End gives the act that ends this one, on the same target; false if there is nothing to end.
func (a Act) End() (Act, bool) {
	end := byVerb[a.Do].EndedBy
	if end == "" {
		return Act{}, false
	}
	assert(byVerb[end].Flat, "%s ends %s and is not flat", end, a.Do)
	a.Do, a.Args = end, Args{}
	return a, true
}

// Value is what the fault log says in val: the arguments in the words of the text form; for configure the
// document itself, for load and slow the percentage as a plain number. Empty: the act has none.
func (a Act) Value() string {
	switch a.Do {
	case Configure:
		return a.Args.Document
	case Load, Slow:
		return strconv.Itoa(a.Args.Percent)
	}
	var w words
	for _, arg := range byVerb[a.Do].Args {
		a.Args.write(&w, arg)
	}
	return w.String()
}

// String is the act in the words of the text form, for messages to people.
func (a Act) String() string {
	if a.Do == HealAll {
		return string(HealAll)
	}
	var w words
	w.add(string(a.Do))
	if a.IsLink() {
		w.add(a.From, "->", a.To)
		if a.Classes != AllClasses {
			w.add(a.Classes.String())
		}
	} else {
		w.add(withActor(Pattern(a.Node), a.Actor))
	}
	for _, arg := range byVerb[a.Do].Args {
		a.Args.write(&w, arg)
	}
	return w.String()
}
