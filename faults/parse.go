package faults

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// errorsMax is how many lines Parse complains about before it gives up.
const errorsMax = 20

// Parse reads a plan's text form (grammar in the package comment). The error joins one *[ParseError] for each bad
// line, up to 20, or says which limit is exceeded. An empty text is an empty plan. O(len(text)).
func Parse(text string) (Plan, error) {
	if len(text) > TextMax {
		return Plan{}, fmt.Errorf("faults: the plan has %d bytes, at most %d", len(text), TextMax)
	}
	var plan Plan
	var bad []error
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		action, some, err := parseLine(strings.TrimSuffix(line, "\r"), number)
		if err != nil {
			bad = append(bad, err)
		} else if some {
			plan.Actions = append(plan.Actions, action)
		}
		if len(bad) >= errorsMax {
			break
		}
	}
	if len(plan.Actions) > ActionsMax {
		bad = append(bad, fmt.Errorf("faults: the plan has %d actions, at most %d", len(plan.Actions), ActionsMax))
	}
	if len(bad) > 0 {
		return Plan{}, errors.Join(bad...)
	}
	return plan, nil
}

// parseLine reads one line; some is false for a line without an action.
func parseLine(line string, number int) (action Action, some bool, failed error) {
	tokens, bad := lex(line, number)
	if bad != nil {
		return Action{}, false, bad
	}
	if len(tokens) == 1 {
		return Action{}, false, nil
	}
	p := &parser{line: number, tokens: tokens}
	action = p.action()
	if p.bad == nil {
		p.expectEnd()
	}
	if p.bad == nil {
		if err := action.checkRanges(); err != nil {
			p.bad = &ParseError{number, tokens[0].column, tokens[0].raw, strings.ReplaceAll(err.Error(), "\n", "; ")}
		}
	}
	if p.bad != nil {
		return Action{}, false, p.bad
	}
	return action, true, nil
}

// parser reads one line by descent. The first error sticks; every reader returns a zero value after it.
type parser struct {
	line   int
	tokens []token
	next   int
	bad    *ParseError
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

func (p *parser) fail(t token, format string, args ...any) {
	if p.bad == nil {
		p.bad = &ParseError{p.line, t.column, t.raw, fmt.Sprintf(format, args...)}
	}
}

// accept takes the next token if it is this word.
func (p *parser) accept(word string) bool {
	if t := p.peek(); t.kind != tokenWord || t.text != word {
		return false
	}
	p.next++
	return true
}

func (p *parser) expect(word string) {
	if t := p.peek(); !p.accept(word) {
		p.fail(t, "the word %q is missing here", word)
	}
}

func (p *parser) expectEnd() {
	if t := p.peek(); t.kind != tokenEnd {
		p.fail(t, "nothing may follow the action")
	}
}

// word takes the next token, which must be a plain word; what names it in the error.
func (p *parser) word(what string) token {
	t := p.take()
	if t.kind != tokenWord {
		p.fail(t, "%s is missing here", what)
	}
	return t
}

func (p *parser) action() (a Action) {
	t := p.take()
	switch {
	case t.kind == tokenWord && t.text == "at":
		a.When.At = p.time()
	case t.kind == tokenWord && (t.text == "when" || t.text == "every"):
		a.When = p.trigger(t.text == "every")
	default:
		p.fail(t, "an action begins with at, when or every")
	}
	if p.accept("for") {
		a.For = p.positive()
	}
	if t := p.peek(); t.kind == tokenColon && a.When.IsState() {
		p.take()
	} else if t.kind == tokenColon {
		p.fail(t, "a colon stands only after when and every")
	} else if a.When.IsState() {
		p.fail(t, "a colon ends the trigger")
	}
	if p.bad == nil {
		p.phrase(&a)
	}
	return a
}

func (p *parser) trigger(every bool) Trigger {
	t := Trigger{Every: every, Count: 1}
	t.Nodes, t.Actor = p.target(true)
	kind := p.word("a kind of record")
	if t.Kind = kind.text; !isKey(t.Kind) {
		p.fail(kind, "a kind of record is 1 to 16 of a-z 0-9 _")
	}
	if n := p.peek(); n.kind == tokenWord && n.text[0] >= '0' && n.text[0] <= '9' && p.tokens[p.next+1].kind != tokenEquals {
		t.Count = int(p.count(1, CountMax))
	}
	for p.bad == nil && p.next+1 < len(p.tokens) && p.tokens[p.next+1].kind == tokenEquals {
		t.Match = append(t.Match, p.match())
	}
	if p.accept("after") {
		t.After = p.positive()
	}
	return t
}

func (p *parser) match() FieldMatch {
	key := p.word("a key")
	if !isKey(key.text) {
		p.fail(key, "a key is 1 to 16 of a-z 0-9 _")
	}
	p.take() // the equals sign, seen by the caller
	return FieldMatch{key.text, p.value()}
}

// value takes a name or a quoted text.
func (p *parser) value() string {
	t := p.take()
	if t.kind != tokenLiteral && !(t.kind == tokenWord && isName(t.text)) {
		p.fail(t, "a value is a name, 'text' or \"text\"")
	}
	return t.text
}

func (p *parser) name(what string) string {
	t := p.word(what)
	if !isName(t.text) {
		p.fail(t, "%s is 1 to %d of A-Z a-z 0-9 . _ -", what, nameMax)
	}
	return t.text
}

// target takes nodes and, where the verb allows one, an actor after a slash.
func (p *parser) target(actors bool) (Pattern, string) {
	t := p.word("a node")
	nodes, actor, slash := strings.Cut(t.text, "/")
	if slash && !actors {
		p.fail(t, "this verb takes nodes, not actors")
	}
	if slash && !isName(actor) {
		p.fail(t, "an actor is 1 to %d of A-Z a-z 0-9 . _ -", nameMax)
	}
	if err := Pattern(nodes).check(); err != nil {
		p.fail(t, "%v", err)
	}
	return Pattern(nodes), actor
}

func (p *parser) time() time.Duration {
	t := p.word("a time")
	d, err := parseTime(t.text)
	if err != nil {
		p.fail(t, "%v", err)
	}
	return d
}

// positive takes a time over 0.
func (p *parser) positive() time.Duration {
	t := p.peek()
	d := p.time()
	if d == 0 {
		p.fail(t, "this time must be over 0")
	}
	return d
}

// count takes digits in a range.
func (p *parser) count(low, high int64) int64 {
	t := p.word("a number")
	n, err := strconv.ParseInt(t.text, 10, 64)
	if err != nil || t.text != strconv.FormatInt(n, 10) || n < low || n > high {
		p.fail(t, "a number from %d to %d in plain digits stands here", low, high)
	}
	return n
}
