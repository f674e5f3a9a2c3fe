package trace

import (
	"fmt"

	"weir/logcheck"
)

// sharing is what a distributor decides and learns of the table that several share.
func sharing(r *logcheck.Record, _ letter) string {
	switch r.Kind {
	case logcheck.KindSeed:
		return "begins with the boot table as the changes of " + r.Str(logcheck.KeyBy)
	case logcheck.KindChange:
		text := fmt.Sprintf("makes change %s: %s %s", number(r, logcheck.KeyCtr), r.Str(logcheck.KeyOp), r.Str(logcheck.KeyAn))
		if r.Has(logcheck.KeyWeight) {
			text += " " + number(r, logcheck.KeyWeight)
		}
		return text + ", having seen " + clip(r.Str(logcheck.KeySeen))
	case logcheck.KindReplica:
		from := r.Str(logcheck.KeyFrom)
		if r.Has(logcheck.KeyFr) {
			from += fmt.Sprintf(" (delta %s of %s)", number(r, logcheck.KeySer), peer(r, logcheck.KeyFr, logcheck.KeyFI, 0))
		}
		return fmt.Sprintf("has seen %s by %s: configuration %s, digest %s, %s removed and remembered", clip(r.Str(logcheck.KeySeen)), from,
			number(r, logcheck.KeyVer), r.Str(logcheck.KeyDig), number(r, logcheck.KeyDead))
	case logcheck.KindNotTaken:
		return fmt.Sprintf("does not take delta %s of %s: %s (%s)", number(r, logcheck.KeySer), peer(r, logcheck.KeyFr, logcheck.KeyFI, 0),
			r.Str(logcheck.KeyWhy), clip(r.Str(logcheck.KeyErr)))
	case logcheck.KindMember:
		return fmt.Sprintf("holds distributor %s, incarnation %s, for %s", r.Str(logcheck.KeyNode), number(r, logcheck.KeyInc), r.Str(logcheck.KeyTo))
	}
	return ""
}
