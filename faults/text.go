package faults

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String is the plan's text form, one action a line. [Parse] reads it back to an equal plan if the plan is well
// formed ([Plan.Check]).
func (p Plan) String() string {
	var b strings.Builder
	for _, a := range p.Actions {
		b.WriteString(a.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// String is the action's line, without the line end.
func (a Action) String() string {
	var w words
	if a.When.IsState() {
		a.When.write(&w)
		w.time("for", a.For)
		w[len(w)-1] += ":"
	} else {
		w.add("at", formatTime(a.When.At))
		w.time("for", a.For)
	}
	a.writePhrase(&w)
	return w.String()
}

func (t Trigger) write(w *words) {
	if t.Every {
		w.add("every")
	} else {
		w.add("when")
	}
	w.add(withActor(t.Nodes, t.Actor), t.Kind)
	if t.Count != 1 {
		w.add(strconv.Itoa(t.Count))
	}
	for _, m := range t.Match {
		w.add(m.Key + "=" + formatValue(m.Value))
	}
	w.time("after", t.After)
}

func (a Action) writePhrase(w *words) {
	info := byVerb[a.Do]
	w.add(string(a.Do))
	t := a.Targets
	switch info.Form {
	case FormNodes, FormActors:
		w.add(withActor(t.Nodes, t.Actor))
	case FormCentre:
		w.add(string(t.Nodes))
	case FormLinks:
		w.add(string(t.From), arrow(t.Both), string(t.To))
	}
	if t.Among != "" {
		w.add("among", string(t.Among))
	}
	if info.takesClasses() && t.Classes != AllClasses {
		w.add(t.Classes.String())
	}
	for _, arg := range info.Args {
		a.Args.write(w, arg)
	}
}

func (x Args) write(w *words, arg Arg) {
	switch arg {
	case ArgSilent:
		if x.Silent {
			w.add("silent")
		}
	case ArgPercent:
		w.add(strconv.Itoa(x.Percent) + "%")
	case ArgImpair:
		w.add(x.Impair.String())
	case ArgOver:
		w.add("over", formatTime(x.Over))
	case ArgShift:
		w.add(formatShift(x.Shift))
	case ArgDrift:
		w.add(formatDrift(x.DriftPPM))
	case ArgRot:
		w.add("file", formatValue(x.File), "bits", strconv.Itoa(x.Bits))
		if x.Offset >= 0 {
			w.add("offset", strconv.FormatInt(x.Offset, 10))
		}
	case ArgDocument:
		w.add(quote(x.Document))
	case ArgID:
		w.add(x.ID)
	case ArgWeight:
		w.add(strconv.FormatInt(x.Weight, 10))
	case ArgWrong:
		w.add(string(x.Wrong))
		if x.Wrong != WrongGarbage {
			w.add(x.ID)
		}
	}
}

func withActor(nodes Pattern, actor string) string {
	if actor == "" {
		return string(nodes)
	}
	return string(nodes) + "/" + actor
}

func arrow(both bool) string {
	if both {
		return "<->"
	}
	return "->"
}

func formatDrift(ppm int64) string {
	s := strconv.FormatInt(ppm, 10) + "ppm"
	if ppm > 0 {
		s = "+" + s
	}
	return s
}

// formatValue writes a name as it is and anything else in quotes.
func formatValue(s string) string {
	if isName(s) {
		return s
	}
	return quote(s)
}

// quote prefers single quotes, in which JSON stays readable. Text with control or invalid characters takes Go's
// double quotes, because a line must stay a line and every byte must come back.
func quote(s string) string {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.QuoteToASCII(s)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
