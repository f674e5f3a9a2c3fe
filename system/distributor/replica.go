package distributor

import (
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/system/cluster"
	"weir/system/crdt"
	"weir/system/node"
)

// replica is the supervisor's copy of the table that a cluster shares (States Crdt and
// CrdtCounts); nil otherwise, which all methods take. What is registered, with what weight,
// and what is drained follows from it alone: a table is a version of it that workers got.
// Beside it only counts are shared, if any: never a verdict.
type replica struct {
	cfg    cluster.Config
	state  *crdt.Table // in force, nil until loaded
	staged *staged     // on its way into force
	self   node.Addr
	links  []*link // to the peers, ascending in names
	view   members
	live   cluster.Turns // turns of those not known to have failed
	lost   cluster.Turns // turns of the others
	round  alarm
	late   alarm
	last   time.Duration // of the latest round
	serial uint64        // of the latest delta
	tally  gossipTally
	shared *sharing
}

// members is who is there: cluster.View, or whoever knows better.
type members interface {
	Member(i int) cluster.Member
	Live(i int) bool
	Heard(i int, inc uint32, now time.Duration) (changed, stale bool)
	Tick(now time.Duration, changed func(i int))
	Excuse(now time.Duration)
}

// staged is a state that will be in force, and where it is from.
type staged struct {
	state  *crdt.Table
	from   string   // boot, disk, change or gossip
	seeds  string   // boot: the replica that all whose boot table is the same have in common
	change *control // change: what was done, at that counter, by who had seen that
	at     uint64
	seen   crdt.Vector
	delta  *news // gossip
}

func newReplica(cfg *Config) *replica {
	return &replica{cfg: cfg.Cluster, round: alarm{key: keyRound}, late: alarm{key: keyLate}, shared: newSharing(cfg)}
}

func (c *replica) begin(env node.Env) {
	if c == nil {
		return
	}
	c.self = env.Self()
	c.shared.begin(env, c.site())
	peers := c.cfg.Others(c.self.Node)
	for _, p := range peers {
		c.links = append(c.links, &link{name: p})
	}
	c.view, c.last = cluster.NewView(c.cfg, peers, env.Now()), env.Now()
	if c.cfg.Watched {
		c.view = cluster.NewReported(peers)
	}
}

// site is who makes this incarnation's changes.
func (c *replica) site() crdt.Site { return crdt.Site{Replica: c.self.Node, Inc: c.self.Inc} }

// seed stages the boot table. Its registrations are no changes of this node, but the same
// ones at all nodes with the same boot table: so who begins with it anew brings back
// nothing that the others have removed since.
func (c *replica) seed(env node.Env, t *table) {
	if c == nil {
		return
	}
	h := fnv.New64a()
	h.Write([]byte(t.text()))
	by := crdt.Site{Replica: fmt.Sprintf("boot-%016x", h.Sum64()), Inc: 1}
	seeds, err := crdt.New(by)
	assert(err == nil, "replica of the boot table: %v", err)
	for _, m := range t.members {
		_, err := seeds.Put(crdt.Analyser{ID: m.id, Weight: m.weight, Drained: m.drain})
		assert(err == nil, "a valid boot table: %v", err)
	}
	state, err := crdt.New(c.site())
	assert(err == nil, "replica of node %s: %v", c.self.Node, err)
	_, err = state.Merge(seeds.State())
	assert(err == nil, "the first merge: %v", err)
	c.staged = &staged{state: state, from: "boot", seeds: by.Replica}
}

// change stages what a document does, which applies to the table in force.
func (c *replica) change(d control) error {
	if c == nil {
		return nil
	}
	next, seen := c.state.Clone(), c.state.Seen()
	var err error
	switch d.op {
	case "weight":
		_, err = next.SetWeight(d.id, d.weight)
	case "add":
		_, err = next.Put(crdt.Analyser{ID: d.id, Weight: d.weight})
	case "remove":
		_, err = next.Remove(d.id)
	case "drain", "undrain":
		_, err = next.SetDrain(d.id, d.op == "drain")
	}
	if err != nil {
		return err // no room, or too many changes: what does not apply was refused before
	}
	at := uint64(0)
	for _, v := range next.Seen() {
		if v.Site == c.site() {
			at = v.Counter
		}
	}
	c.staged = &staged{state: next, from: "change", change: &d, at: at, seen: seen}
	return nil
}

// inForce puts what is staged in force, now that the table of it is, and logs it.
func (c *replica) inForce(env node.Env, version uint64) {
	if c == nil {
		return
	}
	s := c.staged
	first := c.state == nil
	c.state, c.staged = s.state, nil
	switch s.from {
	case "boot":
		env.Log("seed").Str("by", s.seeds).End()
	case "change":
		ln := env.Log("change").Uint("ctr", s.at).Str("op", s.change.op).Str("an", s.change.id)
		if s.change.has[fieldWeight] {
			ln.Uint("weight", uint64(s.change.weight))
		}
		ln.Str("seen", vectorText(s.seen)).End()
	}
	c.logState(env, version, s.from, s.delta)
	if first {
		c.round.by(env, env.Now()+cluster.Wait(env.Rand(), c.cfg.Interval)-c.cfg.Interval*4/5)
	}
	if s.from == "change" {
		c.tellAll(env)
	}
}

// logState logs what the replica is now.
func (c *replica) logState(env node.Env, version uint64, from string, d *news) {
	ln := env.Log("replica").Uint("ver", version).Str("from", from)
	if d != nil {
		ln.Str("fr", d.from.Node).Uint("fi", uint64(d.from.Inc)).Uint("ser", d.serial)
	}
	ln.Str("seen", vectorText(c.state.Seen())).Hex64("dig", c.state.Digest()).
		Uint("n", uint64(c.state.Len())).Uint("dead", uint64(c.state.Tombstones())).End()
}

// vectorText is a vector in the log's form.
func vectorText(x crdt.Vector) string {
	var b strings.Builder
	for i, v := range x {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(v.Replica + "/" + strconv.FormatUint(uint64(v.Inc), 10) + "=" + strconv.FormatUint(v.Counter, 10))
	}
	return b.String()
}

// tableOf is the table that a state amounts to.
func tableOf(version uint64, state *crdt.Table) *table {
	t := &table{version: version}
	for _, a := range state.Analysers() {
		t.members = append(t.members, member{id: a.ID, weight: a.Weight, drain: a.Drained})
	}
	return t
}

func sameMembers(a, b *table) bool { return slices.Equal(a.members, b.members) }

// clusterHead begins the file that a replica is kept in.
const clusterHead = "weir-cluster 1 "

// encode returns the form in which the staged state is kept on disk: a line with the
// version and the length of the state, the state, and a CRC-32C of both.
func (c *replica) encode(version uint64) []byte {
	state, err := c.staged.state.State().Encode()
	assert(err == nil, "a state within its limits: %v", err)
	data := fmt.Appendf(nil, "%s%d %d\n", clusterHead, version, len(state))
	data = append(data, state...)
	return fmt.Appendf(data, "%08x\n", crc32.Checksum(data, castagnoli))
}

// decode reads what encode wrote and stages it. The error says what is wrong with it.
func (c *replica) decode(_ node.Env, data []byte, packetMax int) (*table, error) {
	const tail = 9 // the checksum and the end of its line
	if len(data) < tail || data[len(data)-1] != '\n' {
		return nil, fmt.Errorf("cluster state of %d bytes has no end", len(data))
	}
	body, sum := data[:len(data)-tail], string(data[len(data)-tail:len(data)-1])
	if want := fmt.Sprintf("%08x", crc32.Checksum(body, castagnoli)); sum != want {
		return nil, fmt.Errorf("checksum is %q, computed %q", sum, want)
	}
	line, state, ok := strings.Cut(string(body), "\n")
	rest, ok2 := strings.CutPrefix(line, clusterHead)
	number, length, ok3 := strings.Cut(rest, " ")
	if !ok || !ok2 || !ok3 || length != strconv.Itoa(len(state)) {
		return nil, errors.New("not a cluster state of a known form")
	}
	version, err := strconv.ParseUint(number, 10, 64)
	if err != nil || version < bootVersion {
		return nil, fmt.Errorf("version %q is not a positive integer", number)
	}
	d, err := crdt.Decode([]byte(state))
	if err != nil {
		return nil, err
	}
	own, err := crdt.New(c.site())
	if err == nil {
		_, err = own.Merge(d)
	}
	if err == nil {
		err = checkCapacity(packetMax, own.Len())
	}
	if err != nil {
		return nil, err
	}
	c.staged = &staged{state: own, from: "disk"}
	return tableOf(version, own), nil
}
