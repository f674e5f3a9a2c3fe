// Package faults holds fault plans: what to break, when, and how it is written down.
//
// What it is: the vocabulary of faults (one table of verbs and of the worlds that can do them), plans as plain
// data with a text form that parses back, the expansion of groups and shapes into flat acts, the evaluator of
// state triggers, the record of which faults are in force, the writer of the fault log (the checker's ground truth,
// sections 2 and 6 of logcheck/FORMAT.md), and the director that runs a plan on any world's stage.
//
// What it is not: it breaks nothing itself. A world's own package does that (simfault for the simulation, tcpfault
// for real processes). It does not invent plans and knows no system under test: nodes are names, records are a kind
// and a way to look up fields.
//
// Who may import it: anyone. It imports the standard library only.
//
// Time and randomness: every time is a duration since the run began, passed in by the caller. Random choices
// (halves, bridge, majorities_ring, one_way, swizzle, garbage) come from a *rand.Rand that the caller keys by
// [Plan.StreamName], so that the draws of one action never move those of another. The package has no clock, no
// global random source, no goroutine.
//
// # The text form
//
// One action a line, at most 4,096 actions and 64 KiB. A # outside quotes begins a comment. Words are separated
// by spaces or tabs.
//
//	line     = [ action ] [ "#" anything ]
//	action   = timed | state
//	timed    = "at" TIME [ "for" TIME ] phrase
//	state    = ( "when" | "every" ) NODES [ "/" ACTOR ] KIND [ COUNT ] { KEY "=" VALUE }
//	           [ "after" TIME ] [ "for" TIME ] ":" phrase
//	phrase   = node | link | shape | clock | disk | config | "heal" "all"
//	node     = "crash" NODES [ "silent" ] | ( "restart" | "stop" | "normal" ) NODES
//	         | ( "pause" | "resume" ) NODES [ "/" ACTOR ] | "kill" NODES "/" ACTOR | "slow" NODES PERCENT
//	         | "load" NODES PERCENT | ( "unload" | "gauge_lost" | "gauge_nan" | "gauge_back" ) NODES
//	link     = ( "cut" | "heal" | "hold" | "release" | "mend" | "reset" | "refuse" | "truncate" )
//	           LINKS { CLASS }
//	         | "impair" LINKS { CLASS } what { what }
//	what     = "delay" TIME | "jitter" TIME | "loss" SHARE | "duplicate" SHARE | "reorder" SHARE "by" TIME
//	         | "corrupt" SHARE | "rate" RATE
//	shape    = ( "isolate" | "bridge" ) NODES [ "among" NODES ] { CLASS }
//	         | ( "halves" | "majorities_ring" ) [ "among" NODES ] { CLASS }
//	         | "one_way" LINKS { CLASS } | "swizzle" LINKS { CLASS } "over" TIME
//	clock    = ( "skew" | "jump" ) NODES SHIFT | "drift" NODES PPM | ( "freeze" | "thaw" | "resync" ) NODES
//	disk     = ( "disk_lie" | "disk_honest" | "disk_tear" | "disk_fill" | "disk_free" | "disk_break"
//	         | "disk_repair" | "disk_stall" | "disk_flow" ) NODES
//	         | "disk_rot" NODES "file" VALUE "bits" COUNT [ "offset" COUNT ]
//	config   = "configure" NODES VALUE | ( "weight" | "add" ) NODES NAME COUNT
//	         | ( "remove" | "drain" | "undrain" ) NODES NAME
//	         | "misconfigure" NODES ( ( "negative" | "nan" | "duplicate" | "zero" | "stale" ) NAME | "garbage" )
//	LINKS    = NODES ( "->" | "<->" ) NODES
//	NODES    = ITEM | "{" ITEM { "," ITEM } "}"       ITEM: a name in which * stands for any characters
//	NAME     = 1 to 64 of A-Z a-z 0-9 . _ -           ACTOR: a NAME
//	CLASS    = "data" | "acks" | "probes" | "control" (none: all of them)
//	TIME     = 5s, 1.5s, 20ms, 1m30s; units h m s ms us ns, at most 1000h
//	SHIFT    = a TIME with a sign: +5s, -200ms        PPM: +200ppm, -50ppm
//	SHARE    = 5%, 0.01%: over 0 up to 100, at most four decimals
//	PERCENT  = 300%: whole                            RATE: 800B/s, 64kB/s, 10MB/s (k = 1000)
//	VALUE    = a NAME, 'text' (a quote is doubled) or "text" with Go escapes
//	COUNT    = digits                                 KIND, KEY: 1 to 16 of a-z 0-9 _
//
// `at` counts from the start of the run. `when` fires once, when the COUNT-th record (1 if absent) of that kind
// that matches node, actor and every field has been written; `every` fires at each COUNT-th one, at most
// [FiringsMax] times. `after` waits after that record. `for` ends the action by its paired verb.
//
//	at 5s for 3s pause d1/w2
//	at 10s cut d1 -> a2 data
//	when a1 commit 100: crash a1 silent
//	when d1 health an=a2 to=down after 1s for 5s: isolate a3
//	at 3s for 10s impair e* -> d1 loss 5% delay 20ms jitter 5ms
//	at 1s for 5s swizzle d1 <-> a* over 3s
//	at 4s heal all
//
// A connection carries a class one way and its answers the other: data and acks, probes, control. What breaks or
// refuses connections (reset, refuse, truncate) on the classes of a link does so in both directions.
//
// States are not counted: one heal ends however many cuts lie on the link, also those of a shape.
package faults

import "fmt"

// assert panics when a promise inside this package is broken: that is a bug, never a bad plan.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("faults: " + fmt.Sprintf(format, args...))
	}
}
