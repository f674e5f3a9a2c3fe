package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"weir/logcheck"
)

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// nodesMax bounds the nodes of a scenario.
const nodesMax = 10_000

// check says what is wrong with the scenario as a whole: what no field can tell
// by itself.
func (d *decoder) check(s *Scenario) {
	c := &checker{decoder: d, s: s}
	c.refuse(s.Name == "", "name", "missing: a scenario has a name of 1 to 64 of a-z 0-9 -")
	c.refuse(s.Name != "" && !nameForm.MatchString(s.Name), "name", "%s: want 1 to 64 of a-z 0-9 - that do not begin with a dash", quoted(s.Name))
	c.refuse(s.Name == "latest", "name", "latest is the name of the newest run's link")
	c.analysers()
	c.emitters()
	c.distributors()
	c.latency("links.latency", s.Links.Latency)
	c.latency("analyser.disk.latency", s.Analyser.Disk.Latency)
	_, err := parseDeviations(s.Schedule.Deviations)
	c.refuse(err != nil, "schedule.deviations", "%v", err)
	c.refuse(s.Schedule.Deviations != "" && s.Schedule.Kind != "order", "schedule.deviations", "go with kind: order")
	c.expectations()
	if len(d.problems) == 0 {
		c.faults()
	}
	if len(d.problems) == 0 {
		c.roles()
	}
}

// checker finds problems and puts them where the fields stand in the file.
type checker struct {
	*decoder
	s *Scenario
}

// refuse notes a problem with the field at path.
func (c *checker) refuse(wrong bool, path, format string, args ...any) {
	if wrong {
		c.add(c.near(path), "%s: "+format, append([]any{path}, args...)...)
	}
}

// near is the place of the field, or of the nearest group around it that the file
// has.
func (c *checker) near(path string) place {
	for path != "" {
		if at, ok := c.places[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	return place{line: 1, column: 1} // the file leaves it out
}

func (c *checker) analysers() {
	list := c.s.AnalyserList()
	path := func(i int) string {
		if c.s.Analysers.List == nil {
			return "analysers"
		}
		return fmt.Sprintf("analysers.%d", i+1)
	}
	c.refuse(len(list) > 4096, "analysers", "%d, at most 4096", len(list))
	c.refuse(c.s.Emitters.Count+c.s.Distributors.Count+len(list) > nodesMax, "analysers", "more than %d nodes in all", nodesMax)
	if len(c.problems) > 0 {
		return
	}
	taken := map[string]string{}
	for _, n := range c.s.Nodes() {
		if n.Role != RoleAnalyser {
			taken[n.Name] = string(n.Role)
		}
	}
	given := false
	for i, a := range list {
		given = given || !a.Spare && a.Weight > 0
		c.refuse(!faultsName.MatchString(a.ID), path(i)+".id", "%s: want 1 to 64 of A-Z a-z 0-9 . _ -", quoted(a.ID))
		other, twice := taken[a.ID]
		c.refuse(twice, path(i)+".id", "%s is taken by an %s", quoted(a.ID), other)
		taken[a.ID] = "analyser before it"
	}
	c.refuse(!given, "analysers", "want at least one that has a weight above 0 and is no spare")
	c.refuse(c.s.Analysers.List == nil && len(c.s.Analysers.Weights) == 0, "analysers.weights", "want at least one weight")
}

var faultsName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func (c *checker) emitters() {
	e, top := &c.s.Emitters, c.s.Distributors.PacketMax
	c.refuse(e.Messages.Min < 1 || e.Messages.Max > top, "emitters.messages", "%s is not within 1 and distributors.packet_max, %d", e.Messages, top)
	c.refuse(e.Giant.Messages > top, "emitters.giant.messages", "%d is above distributors.packet_max, %d", e.Giant.Messages, top)
	c.refuse((e.Giant.Every > 0) != (e.Giant.Messages > 0), "emitters.giant", "every and messages belong together")
	c.backoff("emitters.backoff", e.Backoff)
	largest := c.s.largestPacket()
	for _, q := range []struct {
		path string
		size Bytes
	}{{"emitters.buffer.bytes", e.Buffer.Bytes}, {"distributors.queue.bytes", c.s.Distributors.Queue.Bytes}, {"links.queue.bytes", c.s.Links.Queue.Bytes}} {
		c.refuse(largest > q.size, q.path, "%s has no room for the largest packet, about %d bytes", q.size, largest)
	}
}

func (c *checker) backoff(path string, b Backoff) {
	c.refuse(b.Base > b.Max, path, "base %s is above max %s", formatDuration(b.Base), formatDuration(b.Max))
}

func (c *checker) distributors() {
	d := &c.s.Distributors
	c.backoff("distributors.backoff", d.Backoff)
	c.autoscale()
	c.spool()
	det := &d.Detector
	least := min(det.Interval, det.DownInterval) - det.Jitter
	c.refuse(det.Timeout > least, "distributors.detector.timeout",
		"%s is longer than the shortest time between probes (interval or down_interval, less jitter), %s", formatDuration(det.Timeout), formatDuration(least))
}

func (c *checker) latency(path string, l Latency) {
	ordered := l.Min <= l.Mean && l.Mean <= l.Max
	c.refuse(!ordered, path, "min %s, mean %s and max %s are not in order", formatDuration(l.Min), formatDuration(l.Mean), formatDuration(l.Max))
}

func (c *checker) expectations() {
	k := &c.s.Check
	for i, name := range k.Require {
		c.refuse(!slices.Contains(Premises(), name) && !slices.Contains(Properties(), name),
			fmt.Sprintf("check.require.%d", i+1), "%s is neither a premise nor a property", quoted(name))
	}
	for i, name := range k.ExpectFail {
		c.refuse(!slices.Contains(Properties(), name), fmt.Sprintf("check.expect_fail.%d", i+1), "%s is no property", quoted(name))
	}
	for i, name := range k.Ignore {
		c.refuse(!slices.Contains(logcheck.Ignorable(), name), fmt.Sprintf("check.ignore.%d", i+1),
			"%s is no property, or one without which nothing can be judged", quoted(name))
	}
	c.refuse((k.Expect == "fail") != (len(k.ExpectFail) > 0), "check", "expect: fail and a list expect_fail belong together")
	c.refuse(c.s.Phases.LoadEnd() == 0, "phases", "warmup, faults and heal are all 0: nothing would run")
}
