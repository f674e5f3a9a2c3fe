package faults

import "strings"

// Class is one kind of traffic, in the terms of logcheck/FORMAT.md section 3.
type Class uint8

// The classes, in the order in which they are written.
const (
	ClassData    Class = iota // packets and submissions
	ClassAck                  // receipts and results
	ClassProbe                // health probes and their answers
	ClassControl              // configuration
	NClasses     = 4          // how many there are
)

// ClassSet is a set of classes: bit c stands for class c.
type ClassSet uint8

// AllClasses is every class. The text form of an action leaves it out, the log calls it "all".
const AllClasses ClassSet = 1<<NClasses - 1

// classWords are the words of the plan's text form, in the plural where English wants it; classLogs those of the log.
var (
	classWords = [NClasses]string{"data", "acks", "probes", "control"}
	classLogs  = [NClasses]string{"data", "ack", "probe", "control"}
)

// Classes makes a set.
func Classes(list ...Class) ClassSet {
	var set ClassSet
	for _, c := range list {
		assert(c < NClasses, "class %d does not exist", c)
		set |= 1 << c
	}
	return set
}

// Joint is the classes that go the other way on the connections that carry the set: acks for data, data for acks.
func (s ClassSet) Joint() ClassSet {
	joint := s & Classes(ClassProbe, ClassControl)
	if s.Has(ClassData) {
		joint |= Classes(ClassAck)
	}
	if s.Has(ClassAck) {
		joint |= Classes(ClassData)
	}
	return joint
}

// Has says whether c is in the set.
func (s ClassSet) Has(c Class) bool { return s>>c&1 == 1 }

// String gives the words of the text form, separated by spaces, or "all".
func (s ClassSet) String() string {
	if s == AllClasses {
		return "all"
	}
	var words []string
	for c := Class(0); c < NClasses; c++ {
		if s.Has(c) {
			words = append(words, classWords[c])
		}
	}
	return strings.Join(words, " ")
}

// classOfWord finds a class by its word in the text form.
func classOfWord(word string) (Class, bool) {
	for c, w := range classWords {
		if w == word {
			return Class(c), true
		}
	}
	return 0, false
}

// logNames lists what the log's cls key says for the set: one name for all, else one a class.
func (s ClassSet) logNames() []string {
	if s == AllClasses {
		return allClasses
	}
	var names []string
	for c := Class(0); c < NClasses; c++ {
		if s.Has(c) {
			names = append(names, classLogs[c])
		}
	}
	return names
}
