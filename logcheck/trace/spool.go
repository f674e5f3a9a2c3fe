package trace

import (
	"fmt"

	"weir/logcheck"
)

// spooling is what a distributor's own spool does.
func spooling(r *logcheck.Record, _ letter) string {
	switch r.Kind {
	case logcheck.KindSpool:
		return fmt.Sprintf("takes %s into its spool as number %s, not yet synced", id(r), number(r, logcheck.KeyNo))
	case logcheck.KindFlush:
		return "writes what is in its spool up to number " + number(r, logcheck.KeyNo)
	case logcheck.KindUnspool:
		why := map[string]string{"committed": "an analyser has it", "dead": "no analyser takes it", "expired": "it became too old", "damaged": "it cannot be read back"}
		return "has done with " + id(r) + " in its spool: " + why[r.Str(logcheck.KeyWhy)]
	case logcheck.KindRegain:
		text := fmt.Sprintf("finds %s in its spool, numbers up to %s", plural(r.Uint(logcheck.KeyN), "packet"), number(r, logcheck.KeyNo))
		if r.Uint(logcheck.KeyLost) > 0 {
			text += "; lost: " + clip(r.Str(logcheck.KeySet))
		}
		return text
	case logcheck.KindHeld:
		if r.Bool(logcheck.KeyOn) {
			return "has something in its spool"
		}
		return "has nothing in its spool any more"
	}
	return ""
}
