package faults

import (
	"errors"
	"fmt"
	"strings"
)

// World is a kind of world that a plan can run in.
type World uint8

// The worlds.
const (
	Sim     World = iota // the seeded simulation, message by message
	Box                  // the unmodified node program in a seeded sandbox
	TCP                  // real processes and sockets
	nWorlds = 3
)

// String is the world's name in scenarios.
func (w World) String() string { return [nWorlds]string{"sim", "box", "tcp"}[w] }

// Level says how far a world is with a verb.
type Level uint8

// The levels.
const (
	Never Level = iota // the world's nature forbids it
	Later              // possible; nothing applies it yet
	Does               // an applier does it
)

// Support is one cell of the table.
type Support struct {
	Level Level
	Note  string // how it will be done, or why never; may be empty for Does
}

func does(note string) Support  { return Support{Does, note} }
func later(note string) Support { return Support{Later, note} }
func never(note string) Support { return Support{Never, note} }

// ErrNotApplicable is wrapped by [Applicable]'s answers.
var ErrNotApplicable = errors.New("not applicable in this world")

// row is one line of the table: what the worlds do with some verbs. A verb stands in exactly one row that has no
// condition; rows with a condition say what holds for a narrower use of it.
type row struct {
	verbs  []Verb
	when   string            // the condition in words; empty: always
	holds  func(Action) bool // the condition; nil: always
	worlds [nWorlds]Support
}

const (
	sealed    = "the world sees a process, not its actors"
	stream    = "inside a byte stream nothing is lost, doubled or overtaken"
	hostClock = "processes share the host's clock"
	ownGauge  = "a process asks its operating system"
	hostDisk  = "processes share the host's file system"
)

// table is the one place that says which world does which fault.
var table = []row{
	{[]Verb{Crash, Restart}, "", nil, [nWorlds]Support{does(""), later("instance dropped, made anew"), does("SIGKILL, start")}},
	{[]Verb{Crash}, "silent", func(a Action) bool { return a.Args.Silent },
		[nWorlds]Support{does(""), later("connections left open"), never("the kernel resets a dead process's connections")}},
	{[]Verb{Stop}, "", nil, [nWorlds]Support{does(""), later("control message"), does("SIGTERM")}},
	{[]Verb{Kill}, "", nil, [nWorlds]Support{does(""), never(sealed), never(sealed)}},
	{[]Verb{Pause, Resume}, "", nil, [nWorlds]Support{does(""), later("instance not scheduled"), does("SIGSTOP, SIGCONT")}},
	{[]Verb{Pause, Resume}, "one actor", func(a Action) bool { return a.Targets.Actor != "" },
		[nWorlds]Support{does(""), never(sealed), never(sealed)}},
	{[]Verb{Slow, Normal}, "", nil, [nWorlds]Support{does("of the virtual service time"), later("slower virtual clock for code"), does("SIGSTOP in turns")}},
	{[]Verb{Load, Unload}, "", nil, [nWorlds]Support{does("through the runner"), later("control message"), does("through the runner")}},
	{[]Verb{GaugeLost, GaugeNaN, GaugeBack}, "", nil, [nWorlds]Support{does("through the runner"), never(ownGauge), never(ownGauge)}},
	{[]Verb{Cut, Heal, Hold, Release}, "", nil, [nWorlds]Support{does(""), later("on the bytes"), does("proxy")}},
	{[]Verb{Reset}, "", nil, [nWorlds]Support{does("both ways, by message"), later("on the bytes"), does("proxy: RST at both ends")}},
	{[]Verb{Refuse}, "", nil, [nWorlds]Support{does("both ways, by message"), later("on the bytes"), does("proxy: the port is closed")}},
	{[]Verb{Truncate}, "", nil, [nWorlds]Support{does("as reset: a part of a message is none"), later("on the bytes"), does("proxy: a few bytes more, then RST")}},
	{[]Verb{Impair, Mend}, "", nil, [nWorlds]Support{does("of each message; corrupt: it is lost and its sender told"), later("on the bytes"), does("proxy: delay, jitter and rate of the bytes; corrupt resets the connection")}},
	{[]Verb{Impair}, "loss, duplicate or reorder", unlikeStream, [nWorlds]Support{does(""), never(stream), never(stream)}},
	{[]Verb{Isolate, Halves, Bridge, MajoritiesRing, OneWay}, "", nil, [nWorlds]Support{does("as cut"), later("as cut"), does("as cut")}},
	{[]Verb{Swizzle}, "", nil, [nWorlds]Support{does("as hold"), later("as hold"), does("as hold")}},
	{[]Verb{Skew, Drift, Jump, Freeze, Thaw, Resync}, "", nil, [nWorlds]Support{does(""), later("the sandbox's clock"), never(hostClock)}},
	{[]Verb{DiskLie, DiskHonest, DiskTear, DiskBreak, DiskRepair, DiskStall, DiskFlow}, "", nil,
		[nWorlds]Support{does(""), later("the sandbox's files"), never(hostDisk)}},
	{[]Verb{DiskFill, DiskFree}, "", nil, [nWorlds]Support{does(""), later("the sandbox's files"), never(hostDisk)}},
	{[]Verb{DiskRot}, "", nil, [nWorlds]Support{does(""), later("the sandbox's files"), does("bits of the file in the node's folder")}},
	{[]Verb{Configure, Weight, Add, Remove, Drain, Undrain, Misconfigure}, "", nil,
		[nWorlds]Support{does("through the runner's operator"), later("operator process"), does("through the runner's operator")}},
	{[]Verb{HealAll}, "", nil, [nWorlds]Support{does(""), later(""), does("")}},
}

func unlikeStream(a Action) bool {
	m := a.Args.Impair
	return m.LossPPM != 0 || m.DuplicatePPM != 0 || m.ReorderPPM != 0
}

// Supports says what the world does with this verb in general.
func Supports(v Verb, w World) Support {
	for _, r := range table {
		if r.holds == nil && r.has(v) {
			return r.worlds[w]
		}
	}
	return never("no such verb")
}

func (r row) has(v Verb) bool {
	for _, x := range r.verbs {
		if x == v {
			return true
		}
	}
	return false
}

// Applicable says why this very action cannot be done in the world, or nil. The error wraps [ErrNotApplicable].
// A reason why it never can weighs more than that nothing does it yet.
func Applicable(a Action, w World) error {
	worst := does("")
	for _, r := range table {
		if r.has(a.Do) && (r.holds == nil || r.holds(a)) && r.worlds[w].Level < worst.Level {
			worst = r.worlds[w]
		}
	}
	switch worst.Level {
	case Never:
		return fmt.Errorf("faults: %s in %s: %w: %s", a, w, ErrNotApplicable, worst.Note)
	case Later:
		return fmt.Errorf("faults: %s in %s: %w: nothing applies it yet", a, w, ErrNotApplicable)
	}
	return nil
}

// Markdown renders the vocabulary and the table of worlds for the documentation.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| verb | ended by | does | sim | box | tcp |\n|---|---|---|---|---|---|\n")
	for _, info := range vocabulary {
		for _, r := range table {
			if !r.has(info.Verb) {
				continue
			}
			name, end, text := "`"+string(info.Verb)+"`", "", info.Does
			if r.when != "" {
				name, text = name+" ("+r.when+")", ""
			}
			if info.EndedBy != "" {
				end = "`" + string(info.EndedBy) + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", name, end, text, r.worlds[Sim], r.worlds[Box], r.worlds[TCP])
		}
	}
	return b.String()
}

// String is the cell's text.
func (s Support) String() string {
	text := [...]string{Never: "never", Later: "later", Does: "yes"}[s.Level]
	if s.Note != "" {
		text += ": " + s.Note
	}
	return text
}
