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
	case logcheck.KindTally:
		from := "its workers' trades " + clip(r.Str(logcheck.KeyOf))
		if r.Has(logcheck.KeyFr) {
			from = fmt.Sprintf("delta %s of %s", number(r, logcheck.KeySer), peer(r, logcheck.KeyFr, logcheck.KeyFI, 0))
		} else if r.Has(logcheck.KeyFolds) {
			from = "folding its incarnations up to " + number(r, logcheck.KeyFolds)
		}
		return fmt.Sprintf("has seen counts %s by %s; its own are %s (record %s)", clip(r.Str(logcheck.KeySeen)), from, clip(r.Str(logcheck.KeySet)), number(r, logcheck.KeyN))
	case logcheck.KindTrade:
		return fmt.Sprintf("tells its credits %s after decision %s; the others' are %s by record %s (trade %s)", clip(r.Str(logcheck.KeyOwn)),
			number(r, logcheck.KeyP), clip(r.Str(logcheck.KeySet)), number(r, logcheck.KeyAt), number(r, logcheck.KeySer))
	case logcheck.KindMember:
		return fmt.Sprintf("holds distributor %s, incarnation %s, for %s", r.Str(logcheck.KeyNode), number(r, logcheck.KeyInc), r.Str(logcheck.KeyTo))
	}
	return ""
}
