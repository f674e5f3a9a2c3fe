package faults

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
)

// document writes the control document that a configuration verb stands for.
func document(do Verb, x Args, r *rand.Rand) string {
	switch do {
	case Weight, Add:
		return control(string(do), x.ID, strconv.FormatInt(x.Weight, 10))
	case Remove, Drain, Undrain:
		return control(string(do), x.ID, "")
	case Misconfigure:
		return wrongDocument(x, r)
	}
	panic("faults: " + string(do) + " stands for no document")
}

// control writes {"op":...,"id":...,"weight":...}; the weight is raw, because a bad one need not be JSON.
func control(op, id, weight string) string {
	name, err := json.Marshal(id)
	assert(err == nil, "a string %q has no JSON form: %v", id, err)
	s := `{"op":"` + op + `","id":` + string(name)
	if weight != "" {
		s += `,"weight":` + weight
	}
	return s + "}"
}

func wrongDocument(x Args, r *rand.Rand) string {
	switch x.Wrong {
	case WrongNegative:
		return control(string(Weight), x.ID, "-1")
	case WrongNaN:
		return control(string(Weight), x.ID, "NaN")
	case WrongDuplicate:
		return control(string(Add), x.ID, "1")
	case WrongZero:
		return control(string(Weight), x.ID, "0")
	case WrongStale:
		return control(string(Weight), x.ID, `1,"if_version":0`) // versions begin with 1
	case WrongGarbage:
		return garbage(r)
	}
	panic("faults: no misconfiguration " + string(x.Wrong))
}

// garbageRunes mixes what upsets a parser: structure, escapes, control characters, letters of 2 to 4 bytes. All of
// it is valid UTF-8, so that the fault log shows it exactly.
const garbageRunes = "{}[]\":,\\'0-1eE.+nulltrue \t\n\x00\x01\x7f\u00e9\u2028\u202e\U0001f4a9"

// garbage draws 1 to 64 characters.
func garbage(r *rand.Rand) string {
	runes := []rune(garbageRunes)
	var b strings.Builder
	for range 1 + r.IntN(64) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}
