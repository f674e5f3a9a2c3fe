package sweep

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"weir/faults"
)

// Kinds lists the kinds of faults that acted in a run, by its fault log, in ascending
// order: the verb, and for an impairment what it did ("impair loss"). What only ends a
// fault is no kind.
func Kinds(log []byte) []string {
	var kinds []string
	for line := range bytes.Lines(log) {
		var r struct{ K, Do, Val string }
		if !bytes.HasPrefix(line, []byte(`{"k":"fault"`)) || json.Unmarshal(line, &r) != nil {
			continue
		}
		for _, k := range kindsOf(faults.Verb(r.Do), r.Val) {
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	slices.Sort(kinds)
	return kinds
}

func kindsOf(verb faults.Verb, val string) []string {
	info, known := faults.Lookup(verb)
	if !known || info.Ends() {
		return nil
	}
	if verb != faults.Impair {
		return []string{string(verb)}
	}
	var kinds []string
	for word := range strings.FieldsSeq(val) {
		if !strings.ContainsAny(word, "0123456789") && word != "by" {
			kinds = append(kinds, "impair "+word)
		}
	}
	return kinds
}
