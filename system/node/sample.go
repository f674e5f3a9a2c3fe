package node

// Sampler is an actor that measures itself. The world asks it between events; a
// world that never asks costs it a few additions an event.
type Sampler interface {
	// Samples appends what the actor measures, counts since this incarnation began.
	// It changes nothing, and what it appends shares no memory with the actor.
	Samples([]Sample) []Sample
}

// Sample is one measured value. system/metrics lists the names and what they mean;
// of equal names and labels of several actors the sum counts.
type Sample struct {
	Name  string
	Label string // which of several, for example an analyser; from a bounded set
	Value uint64 // a count or a present level
	Times *Times // a distribution of times; nil: Value counts
}

// Count is a sample of a count or a level.
func Count(name, label string, v uint64) Sample { return Sample{Name: name, Label: label, Value: v} }

// Level is a sample of a level that an int holds; a negative one counts as 0.
func Level(name, label string, v int) Sample {
	return Sample{Name: name, Label: label, Value: uint64(max(v, 0))}
}

// Truth is a sample that is 1 if v holds, else 0.
func Truth(name string, v bool) Sample {
	if v {
		return Sample{Name: name, Value: 1}
	}
	return Sample{Name: name}
}

// Other is the label of what has no label of its own, because there would be too
// many. No name has this form.
const Other = "(other)"
