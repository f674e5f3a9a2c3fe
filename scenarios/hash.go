package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
)

// Hash is the SHA-256 of everything in the scenario that acts on a run, overrides
// included, in hexadecimal. Comments, order of keys, spelling of values and the
// fields about and seed do not change it.
func (s *Scenario) Hash() string {
	var b strings.Builder
	writeHashed(&b, root, reflect.ValueOf(s).Elem(), s)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// writeHashed writes one line for every leaf below g.
func writeHashed(b *strings.Builder, g *field, v reflect.Value, s *Scenario) {
	for _, f := range g.children {
		fv := v.Field(f.index)
		switch {
		case f.path == "about", f.path == "seed":
		case f.path == "analyser.batch" && s.Analyser.Batch == Default().Analyser.Batch: // as before it could be set
		case sharing(f.path) && s.Analyser.Workers == Default().Analyser.Workers && s.Analyser.StoreTimeout == Default().Analyser.StoreTimeout: // likewise
		case f.path == "schedule" && s.Schedule == Default().Schedule: // as before there was a choice
		case f.path == "distributors.autoscale" && s.Distributors.Autoscale == defaultAutoscale(): // likewise
		case f.path == "distributors.spool" && s.Distributors.Spool == defaultSpool(): // likewise
		case f.path == "distributors.gossip" && s.Distributors.Gossip == Default().Distributors.Gossip: // likewise
		case f.kind == kindGroup:
			writeHashed(b, f, fv, s)
		case f.kind == kindAnalysers:
			for _, a := range s.AnalyserList() {
				fmt.Fprintf(b, "analyser %s %d %t\n", a.ID, a.Weight, a.Spare)
			}
		case f.kind == kindPlan:
			fmt.Fprintf(b, "%s %q\n", f.path, s.plan.String())
		case f.kind == kindList:
			for i := range fv.Len() {
				fmt.Fprintf(b, "%s %q\n", f.path, f.elem.text(fv.Index(i)))
			}
		default:
			fmt.Fprintf(b, "%s %q\n", f.path, f.text(fv))
		}
	}
}

// sharing reports whether a field is about the workers of an analyser.
func sharing(path string) bool {
	return path == "analyser.workers" || path == "analyser.store_timeout"
}
