package faults

// Verb is one word of the fault vocabulary, as it stands in a plan and in the fault log.
type Verb string

// Every verb. [Lookup] says what each is aimed at and what ends it.
const (
	Crash   Verb = "crash"
	Restart Verb = "restart"
	Stop    Verb = "stop"
	Kill    Verb = "kill"
	Pause   Verb = "pause"
	Resume  Verb = "resume"
	Slow    Verb = "slow"
	Normal  Verb = "normal"
	Load    Verb = "load"
	Unload  Verb = "unload"

	GaugeLost Verb = "gauge_lost"
	GaugeNaN  Verb = "gauge_nan"
	GaugeBack Verb = "gauge_back"

	Cut     Verb = "cut"
	Heal    Verb = "heal"
	Hold    Verb = "hold"
	Release Verb = "release"
	Impair  Verb = "impair"
	Mend    Verb = "mend"

	Reset    Verb = "reset"
	Refuse   Verb = "refuse"
	Truncate Verb = "truncate"

	Isolate        Verb = "isolate"
	Halves         Verb = "halves"
	Bridge         Verb = "bridge"
	MajoritiesRing Verb = "majorities_ring"
	OneWay         Verb = "one_way"
	Swizzle        Verb = "swizzle"

	Skew   Verb = "skew"
	Drift  Verb = "drift"
	Jump   Verb = "jump"
	Freeze Verb = "freeze"
	Thaw   Verb = "thaw"
	Resync Verb = "resync"

	DiskLie    Verb = "disk_lie"
	DiskHonest Verb = "disk_honest"
	DiskTear   Verb = "disk_tear"
	DiskRot    Verb = "disk_rot"
	DiskFill   Verb = "disk_fill"
	DiskFree   Verb = "disk_free"
	DiskBreak  Verb = "disk_break"
	DiskRepair Verb = "disk_repair"
	DiskStall  Verb = "disk_stall"
	DiskFlow   Verb = "disk_flow"

	Configure    Verb = "configure"
	Weight       Verb = "weight"
	Add          Verb = "add"
	Remove       Verb = "remove"
	Drain        Verb = "drain"
	Undrain      Verb = "undrain"
	Misconfigure Verb = "misconfigure"

	HealAll Verb = "heal all"
)

// Form is what a verb is aimed at.
type Form uint8

// The forms.
const (
	FormNone   Form = iota // nothing: heal all
	FormNodes              // nodes
	FormActors             // nodes, or one actor of each
	FormLinks              // directed links, with classes
	FormGroup              // a whole group of nodes (all if absent), with classes
	FormCentre             // nodes set against a group, with classes
)

// Arg is one argument of a verb after its target. The values live in [Args].
type Arg uint8

// The arguments.
const (
	ArgSilent   Arg = iota // optional word: no reset reaches the peers
	ArgPercent             // whole percent
	ArgImpair              // what an impairment does
	ArgOver                // the time in which a swizzle begins
	ArgShift               // signed time
	ArgDrift               // signed parts per million
	ArgRot                 // file, bits, offset
	ArgDocument            // raw control document
	ArgID                  // analyser
	ArgWeight              // weight
	ArgWrong               // which misconfiguration
)

// Info is a verb's entry in the vocabulary.
type Info struct {
	Verb    Verb   // the word
	Form    Form   // what it is aimed at
	Args    []Arg  // what follows the target, in text order
	EndedBy Verb   // the verb that ends what this one begins; empty: nothing to end
	Flat    bool   // may stand in the fault log; the others expand into flat ones
	Does    string // one line
}

// Ends says whether the verb ends what another begins.
func (i Info) Ends() bool {
	for _, other := range vocabulary {
		if other.EndedBy == i.Verb {
			return true
		}
	}
	return false
}

// vocabulary in the order of the documentation.
var vocabulary = []Info{
	{Crash, FormNodes, []Arg{ArgSilent}, Restart, true, "the node dies at once; un-synced writes are lost; silent: no reset reaches its peers"},
	{Stop, FormNodes, nil, Restart, true, "the node is asked to end in order"},
	{Restart, FormNodes, nil, "", true, "a crashed or stopped node boots as a new incarnation"},
	{Kill, FormActors, nil, "", true, "one actor of the node dies with what waits for it; the node goes on"},
	{Pause, FormActors, nil, Resume, true, "the node, or one actor of it, handles nothing"},
	{Resume, FormActors, nil, "", true, "it goes on, with what waited in a seeded order"},
	{Slow, FormNodes, []Arg{ArgPercent}, Normal, true, "handlers take this share of their service time"},
	{Normal, FormNodes, nil, "", true, "handlers take their own service time again"},
	{Load, FormNodes, []Arg{ArgPercent}, Unload, true, "an emitter offers this share of its planned load"},
	{Unload, FormNodes, nil, "", true, "the planned load again"},

	{GaugeLost, FormNodes, nil, GaugeBack, true, "the node cannot tell what its process uses: its autoscaler misses those signals"},
	{GaugeNaN, FormNodes, nil, GaugeBack, true, "what it tells is not a number"},
	{GaugeBack, FormNodes, nil, "", true, "it can tell again"},

	{Cut, FormLinks, nil, Heal, true, "messages on the link vanish, also those on their way"},
	{Refuse, FormLinks, nil, Heal, true, "the connections that carry the link break as by reset, and no new one is accepted"},
	{Heal, FormLinks, nil, "", true, "the link carries messages again"},
	{Reset, FormLinks, nil, "", true, "the connections that carry the link break, in both directions: what is on its way is lost and its senders are told"},
	{Truncate, FormLinks, nil, "", true, "they break in the middle of a frame, which is found out: nothing of it is delivered"},
	{Hold, FormLinks, nil, Release, true, "messages on the link wait"},
	{Release, FormLinks, nil, "", true, "those that waited go on"},
	{Impair, FormLinks, []Arg{ArgImpair}, Mend, true, "delay, jitter, loss, duplicate, reorder, corrupt, rate; replaces an earlier impairment"},
	{Mend, FormLinks, nil, "", true, "the link behaves as configured"},

	{Isolate, FormCentre, nil, Heal, false, "cuts these nodes from all others; among themselves they still talk"},
	{Halves, FormGroup, nil, Heal, false, "cuts the group into two random halves"},
	{Bridge, FormCentre, nil, Heal, false, "cuts the group into two random halves that meet only in this node"},
	{MajoritiesRing, FormGroup, nil, Heal, false, "every node sees a majority, no two the same one; at least 4 nodes"},
	{OneWay, FormLinks, nil, Heal, false, "of random pairs (each with chance 1/2, at least one) one random direction is cut"},
	{Swizzle, FormLinks, []Arg{ArgOver}, Release, false, "random links (each with chance 1/2, at least one) are held one by one, then released one by one"},

	{Skew, FormNodes, []Arg{ArgShift}, Resync, true, "the wall clock is wrong by this much"},
	{Drift, FormNodes, []Arg{ArgDrift}, Resync, true, "the monotonic clock runs fast (+) or slow (-)"},
	{Jump, FormNodes, []Arg{ArgShift}, "", true, "the wall clock steps once"},
	{Freeze, FormNodes, nil, Thaw, true, "the clocks stand still"},
	{Thaw, FormNodes, nil, "", true, "they go on"},
	{Resync, FormNodes, nil, "", true, "skew and drift end, and with them what jumps moved"},

	{DiskLie, FormNodes, nil, DiskHonest, true, "sync says done and is not"},
	{DiskHonest, FormNodes, nil, "", true, "sync tells the truth again"},
	{DiskTear, FormNodes, nil, "", true, "the next crash keeps a random prefix of the un-synced bytes"},
	{DiskRot, FormNodes, []Arg{ArgRot}, "", true, "bits of a file flip"},
	{DiskFill, FormNodes, nil, DiskFree, true, "writes fail: no space"},
	{DiskFree, FormNodes, nil, "", true, "there is space again"},
	{DiskBreak, FormNodes, nil, DiskRepair, true, "operations fail: input/output error"},
	{DiskRepair, FormNodes, nil, "", true, "they work again"},
	{DiskStall, FormNodes, nil, DiskFlow, true, "operations wait"},
	{DiskFlow, FormNodes, nil, "", true, "they go on"},

	{Configure, FormNodes, []Arg{ArgDocument}, "", true, "an operator sends this raw control document"},
	{Weight, FormNodes, []Arg{ArgID, ArgWeight}, "", false, "configure: an analyser's weight"},
	{Add, FormNodes, []Arg{ArgID, ArgWeight}, Remove, false, "configure: a new analyser"},
	{Remove, FormNodes, []Arg{ArgID}, "", false, "configure: an analyser goes"},
	{Drain, FormNodes, []Arg{ArgID}, Undrain, false, "configure: an analyser gets nothing new"},
	{Undrain, FormNodes, []Arg{ArgID}, "", false, "configure: it gets its share again"},
	{Misconfigure, FormNodes, []Arg{ArgWrong}, "", false, "configure with a bad document: negative, nan, duplicate, zero, stale, garbage"},

	{HealAll, FormNone, nil, "", false, "ends everything that can be ended"},
}

// byVerb finds an entry; it is never ranged over.
var byVerb = func() map[Verb]Info {
	m := make(map[Verb]Info, len(vocabulary))
	for _, info := range vocabulary {
		m[info.Verb] = info
	}
	return m
}()

// Vocabulary returns a copy of all entries, in the order of the documentation.
func Vocabulary() []Info { return append([]Info(nil), vocabulary...) }

// Lookup finds a verb's entry.
func Lookup(v Verb) (Info, bool) {
	info, ok := byVerb[v]
	return info, ok
}

// has says whether the verb takes this argument.
func (i Info) has(arg Arg) bool {
	for _, a := range i.Args {
		if a == arg {
			return true
		}
	}
	return false
}

// takesClasses says whether class words may follow the target.
func (i Info) takesClasses() bool {
	return i.Form == FormLinks || i.Form == FormGroup || i.Form == FormCentre
}
