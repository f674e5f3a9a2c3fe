package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"weir/sim"
)

// Schedule is how a simulated world orders events beyond what their times say.
type Schedule struct {
	// Kind is random (events of one instant in a seeded order), priority (messages to
	// some actors are late again and again) or order (as Deviations say). Default random.
	Kind string `yaml:"kind" help:"random: seeded among events of one instant; priority: messages to some actors are late; order: as deviations say" enum:"random,priority,order"`
	// Window is how late a message may be for kind priority, and how much later than the
	// next event of a node another may be that goes before it for kind order. Default 5ms.
	Window time.Duration `yaml:"window" help:"priority: how late a message may be; order: how much later than the next event another may be that goes first" range:"0s..1m"`
	// Every is the mean number of events after which another actor becomes the last, for
	// kind priority. Default 1,000.
	Every int `yaml:"every" help:"priority: mean number of events after which another actor becomes the last" range:"1..1000000"`
	// Deviations are the decisions at which another candidate than the first goes first,
	// for kind order: words AT:PICK, ascending. Default none.
	Deviations string `yaml:"deviations" help:"order: where another candidate than the first goes first: words AT:PICK, for example 17:1 45:2"`
}

// sim is the simulator's form.
func (s Schedule) sim() (sim.Schedule, error) {
	switch s.Kind {
	case "priority":
		return sim.Schedule{Priority: sim.Priority{Window: s.Window, Every: uint64(s.Every)}}, nil
	case "order":
		list, err := parseDeviations(s.Deviations)
		return sim.Schedule{Choose: sim.Follow(list, nil), Within: s.Window}, err
	}
	return sim.Schedule{}, nil
}

// Limits of deviations.
const (
	deviationsMax  = 1000
	deviationAtMax = 1_000_000_000
)

// parseDeviations reads the text form.
func parseDeviations(text string) ([]sim.Deviation, error) {
	var list []sim.Deviation
	for word := range strings.FieldsSeq(text) {
		at, pick, ok := strings.Cut(word, ":")
		d := sim.Deviation{}
		var errAt, errPick error
		d.At, errAt = strconv.Atoi(at)
		d.Pick, errPick = strconv.Atoi(pick)
		if !ok || errAt != nil || errPick != nil || d.At < 0 || d.At > deviationAtMax || d.Pick < 1 || d.Pick > deviationAtMax {
			return nil, fmt.Errorf("%s: want AT:PICK, for example 17:1, with AT from 0 and PICK from 1", quoted(word))
		}
		if len(list) > 0 && d.At <= list[len(list)-1].At {
			return nil, fmt.Errorf("%s: the decisions are in ascending order, each once", quoted(word))
		}
		list = append(list, d)
	}
	if len(list) > deviationsMax {
		return nil, fmt.Errorf("%d deviations, at most %d", len(list), deviationsMax)
	}
	return list, nil
}

// formatDeviations writes the text form.
func formatDeviations(list []sim.Deviation) string {
	var words []string
	for _, d := range list {
		words = append(words, strconv.Itoa(d.At)+":"+strconv.Itoa(d.Pick))
	}
	return strings.Join(words, " ")
}

// Explore plays a scenario in every order of events that differs from the usual one at no
// more decisions than the limit says; each run is given with its scenario, whose
// schedule is the order. tell says whether to go on. It returns whether all were played.
func Explore(sc *Scenario, opt Options, limit sim.Exploration, tell func(*Scenario, *Result, error) bool) bool {
	_, all := sim.Explore(limit, func(choose func(int) int, deviations []sim.Deviation) bool {
		one := sc.Clone()
		one.Schedule.Kind, one.Schedule.Deviations = "order", formatDeviations(deviations)
		opt.choose = choose
		res, err := Run(one, opt)
		return tell(one, res, err)
	})
	return all
}
