package scenarios

import (
	"time"

	"weir/faults"
)

// Scenario is a run described as data: who takes part, what is broken when, what
// is expected. Parse and Default make one; the zero value is not valid.
//
// The struct is at the same time the description of the YAML form: parser, JSON
// Schema, --set and hash walk it by reflection. Tags: `yaml` the key, `help` one
// line for the schema, `range` the least and largest value (durations and sizes
// as in YAML), `enum` the allowed words. What a file leaves out has the value of
// Default.
type Scenario struct {
	// Name identifies the scenario: [a-z0-9-]{1,64}. No default.
	Name string `yaml:"name" help:"identifies the scenario: lower-case letters, digits and dashes"`
	// About says what the scenario shows. Default empty.
	About string `yaml:"about" help:"what the scenario shows, and under which premises"`
	// Seed is the seed of a run that is told none. Default 0: seed 1.
	Seed int64 `yaml:"seed" help:"the seed of a run that is told none; 0: 1" range:"0..9223372036854775807"`
	// Inputs says that real log files (--input) may take the generators' place.
	// Default true.
	Inputs bool `yaml:"inputs" help:"whether log files given with --input may take the place of the generators"`
	// Emitters are the nodes e1, e2 and so on.
	Emitters Emitters `yaml:"emitters" help:"the emitters, named e1, e2, ..."`
	// Distributors are the nodes d1, d2 and so on.
	Distributors Distributors `yaml:"distributors" help:"the distributors, named d1, d2, ..."`
	// Analysers are the analysers' names and weights.
	Analysers Analysers `yaml:"analysers" help:"the analysers and their weights: a list, or a count with weights"`
	// Analyser is what all analysers have in common.
	Analyser Analyser `yaml:"analyser" help:"what all analysers have in common"`
	// Links are all links between nodes.
	Links Links `yaml:"links" help:"all links between nodes; faults make single ones different"`
	// Phases are the parts of the run.
	Phases Phases `yaml:"phases" help:"the parts of the run, one after the other"`
	// Faults is a plan in the text form of package faults; times count from the
	// start of the run. Default empty.
	Faults string `yaml:"faults" help:"the fault plan, one action a line, for example: at 5s for 3s crash a1" kind:"plan"`
	// Schedule is how events are ordered beyond what their times say.
	Schedule Schedule `yaml:"schedule" help:"how events are ordered beyond what their times say; in the simulation only"`
	// Limits end a run that does not end by itself.
	Limits RunLimits `yaml:"limits" help:"where a run that does not end by itself is ended"`
	// Check says what the judge is to expect.
	Check Check `yaml:"check" help:"what is judged and expected"`

	plan faults.Plan // Faults, parsed
	file string      // where the scenario was read from; empty: made in memory
}

// Phases are the parts of the run. The world heals all faults at the end of the
// faults phase; generators stop at the end of the heal phase (unless
// emitters.for or emitters.packets says otherwise); then everything on its way
// gets its outcome, for which settle is the limit.
type Phases struct {
	// Warmup is before any fault. Default 3s.
	Warmup time.Duration `yaml:"warmup" help:"time before the faults phase" range:"0s..1h"`
	// Faults is how long faults may go on. Default 15s.
	Faults time.Duration `yaml:"faults" help:"time in which the plan acts; afterwards everything is healed" range:"0s..10h"`
	// Heal is how long load goes on after everything was healed. Default 7s.
	Heal time.Duration `yaml:"heal" help:"time in which load goes on after everything was healed" range:"0s..1h"`
	// Settle is the longest time to finish what is in flight then. Default 60s.
	Settle time.Duration `yaml:"settle" help:"the longest time to finish what is in flight at the end" range:"1s..1h"`
}

// FaultsEnd is when everything is healed, from the start of the run.
func (p Phases) FaultsEnd() time.Duration { return p.Warmup + p.Faults }

// LoadEnd is when the heal phase ends and generators stop by default.
func (p Phases) LoadEnd() time.Duration { return p.Warmup + p.Faults + p.Heal }

// RunLimits end a run that does not end by itself; reaching one makes the run
// inconclusive at best.
type RunLimits struct {
	// Events bounds the scheduler's events. Default 50,000,000.
	Events int64 `yaml:"events" help:"scheduler events" range:"1000..100000000000"`
	// Time bounds the virtual time beyond the phases' sum. Default 10s.
	Time time.Duration `yaml:"time" help:"virtual time beyond the sum of the phases" range:"1s..10h"`
	// LogBytes bounds the logs of the run, all nodes together. Default 1GiB.
	LogBytes Bytes `yaml:"log_bytes" help:"size of all logs together" range:"1MiB..1TiB"`
}

// Check says what the judge is to expect of the run.
type Check struct {
	// DetectWithin bounds the time to notice that an analyser is gone. Default 0:
	// the bound that follows from the detector's settings.
	DetectWithin time.Duration `yaml:"detect_within" help:"limit for noticing a failure; 0: the detector's own bound" range:"0s..1h"`
	// RecoverWithin bounds the time to notice that it is back. Default 0: as above.
	RecoverWithin time.Duration `yaml:"recover_within" help:"limit for noticing a recovery; 0: the detector's own bound" range:"0s..1h"`
	// MinPackets is how many packets must be acknowledged before the first fault,
	// or in the whole run without faults. Default 50.
	MinPackets int64 `yaml:"min_packets" help:"packets that must be acknowledged before the first fault" range:"0..1000000000"`
	// Require lists premises and properties that must not be vacuous. Default none.
	Require []string `yaml:"require" help:"premises and properties that must not be vacuous, for example failover, down, C2"`
	// Expect is the verdict that is right: pass or fail. Default pass.
	Expect string `yaml:"expect" help:"the verdict that is right" enum:"pass,fail"`
	// ExpectFail lists the properties that must fail, and no other, when Expect is
	// fail. Default none.
	ExpectFail []string `yaml:"expect_fail" help:"with expect: fail, the properties that must fail"`
	// Ignore lists properties that the faults break from outside, so that nothing is
	// to be learned from them; they are not judged. Default none.
	Ignore []string `yaml:"ignore" help:"properties that are not judged, because the faults break them from outside"`
}
