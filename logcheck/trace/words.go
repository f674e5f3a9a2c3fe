package trace

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"weir/logcheck"
)

// sentence says what a record says; about is what its token stands for.
func sentence(r *logcheck.Record, about letter) string {
	switch r.Kind {
	case logcheck.KindLog:
		return "the log begins: " + r.Str(logcheck.KeyRole) + ", incarnation " + number(r, logcheck.KeyInc)
	case logcheck.KindEnd:
		return "the log ends after " + plural(r.Uint(logcheck.KeyN), "line")
	case logcheck.KindX:
		return r.KindName() + " " + clip(string(r.Raw()))
	}
	for _, part := range []func(*logcheck.Record, letter) string{evidence, production, routing, detection, sharing, storing, spooling, injected} {
		if text := part(r, about); text != "" {
			return text
		}
	}
	return r.Kind.String() + " " + clip(string(r.Raw()))
}

// evidence is what the environment saw.
func evidence(r *logcheck.Record, about letter) string {
	switch r.Kind {
	case logcheck.KindStart:
		return "starts"
	case logcheck.KindStop:
		return "stops in order"
	case logcheck.KindSend:
		return "sends to " + peer(r, logcheck.KeyTo, logcheck.KeyTI, logcheck.KeyTA) + ": " + message(r)
	case logcheck.KindRecv:
		return "receives from " + peer(r, logcheck.KeyFr, logcheck.KeyFI, logcheck.KeyFA) + ": " + message(r)
	case logcheck.KindFail:
		return "learns that a send failed (" + r.Str(logcheck.KeyWhy) + "): " + known(r, about)
	case logcheck.KindDrop:
		return "drops (" + r.Str(logcheck.KeyWhy) + ") from " + peer(r, logcheck.KeyFr, logcheck.KeyFI, 0) + ": " + known(r, about)
	case logcheck.KindSynced:
		return known(r, about) + " is synced" + file(r)
	case logcheck.KindDiskfail:
		return known(r, about) + " is not synced, the disk failed" + file(r) + ": " + r.Str(logcheck.KeyWhy)
	case logcheck.KindCounter:
		return "counter " + r.Str(logcheck.KeyName) + " is " + strconv.FormatInt(r.Int(logcheck.KeyVal), 10)
	}
	return ""
}

// production is what an emitter decides.
func production(r *logcheck.Record, _ letter) string {
	switch r.Kind {
	case logcheck.KindEmit:
		return fmt.Sprintf("cuts %s: %s, %s", id(r), plural(r.Uint(logcheck.KeyN), "message"), plural(r.Uint(logcheck.KeyB), "byte"))
	case logcheck.KindOutcome:
		return "outcome of " + id(r) + ": " + r.Str(logcheck.KeyOut) + because(r)
	case logcheck.KindInput:
		text := fmt.Sprintf("input %s ends: %s, %s", clip(r.Str(logcheck.KeyFile)), plural(r.Uint(logcheck.KeyLines), "line"), plural(r.Uint(logcheck.KeyMsgs), "message"))
		if e := r.Str(logcheck.KeyErr); e != "" {
			text += ", " + clip(e)
		}
		return text
	case logcheck.KindBack:
		if r.Bool(logcheck.KeyOn) {
			return "back-pressure begins: arrivals are kept out"
		}
		return "back-pressure ends"
	case logcheck.KindKeptOut:
		return plural(r.Uint(logcheck.KeyN), "arrival") + " kept out"
	case logcheck.KindDrained:
		return "is drained: every packet has an outcome"
	}
	return ""
}

// routing is what a distributor decides about packets.
func routing(r *logcheck.Record, _ letter) string {
	switch r.Kind {
	case logcheck.KindAdmit:
		return "admits " + id(r) + " for worker " + r.Str(logcheck.KeyW) + queue(r)
	case logcheck.KindJoin:
		return id(r) + " is in progress already: this submit joins it"
	case logcheck.KindRefuse:
		return "refuses " + id(r) + because(r) + queue(r)
	case logcheck.KindCredit:
		return "starts with credits " + clip(r.Str(logcheck.KeySet))
	case logcheck.KindPick:
		text := fmt.Sprintf("picks %s for %s, attempt %s (decision %s, view %s)", r.Str(logcheck.KeyTo), id(r),
			number(r, logcheck.KeyAtt), number(r, logcheck.KeyP), number(r, logcheck.KeyV))
		if x := r.Str(logcheck.KeyX); x != "" {
			text += ", not " + clip(x)
		}
		return text
	case logcheck.KindAttemptFailed:
		return fmt.Sprintf("attempt %s of %s at %s failed: %s", number(r, logcheck.KeyAtt), id(r), r.Str(logcheck.KeyTo), r.Str(logcheck.KeyWhy))
	case logcheck.KindRetry:
		return fmt.Sprintf("will try %s again in %s, attempt %s", id(r), span(r, logcheck.KeyWait), number(r, logcheck.KeyAtt))
	case logcheck.KindDone:
		return fmt.Sprintf("is done with %s: %s by %s, attempt %s", id(r), r.Str(logcheck.KeySt), r.Str(logcheck.KeyTo), number(r, logcheck.KeyAtt))
	case logcheck.KindGaveUp:
		return "gives up " + id(r) + because(r)
	case logcheck.KindDead:
		return "puts " + id(r) + " into the dead-letter file" + because(r)
	case logcheck.KindBudget:
		return fmt.Sprintf("holds a retry back: %s of %s in progress are retries", number(r, logcheck.KeyRetries), number(r, logcheck.KeyActive))
	}
	return ""
}

// detection is what a distributor learns of analysers and of its table.
func detection(r *logcheck.Record, _ letter) string {
	switch r.Kind {
	case logcheck.KindConfig:
		if !r.Bool(logcheck.KeyOK) {
			return "refuses a configuration from " + r.Str(logcheck.KeyFrom) + because(r)
		}
		return fmt.Sprintf("takes configuration %s from %s: %s", number(r, logcheck.KeyVer), r.Str(logcheck.KeyFrom), clip(r.Str(logcheck.KeySet)))
	case logcheck.KindView:
		return fmt.Sprintf("view %s (configuration %s): %s", number(r, logcheck.KeyV), number(r, logcheck.KeyVer), clip(r.Str(logcheck.KeySet)))
	case logcheck.KindHealth:
		return fmt.Sprintf("calls %s %s: %s (%s failures, %s successes in a row)", r.Str(logcheck.KeyAn), r.Str(logcheck.KeyTo),
			r.Str(logcheck.KeyWhy), number(r, logcheck.KeyF), number(r, logcheck.KeyOK))
	case logcheck.KindProbed:
		what := "probe " + number(r, logcheck.KeyPN)
		if r.Bool(logcheck.KeyDP) {
			what = "data " + what
		}
		return what + " of " + r.Str(logcheck.KeyAn) + ": " + r.Str(logcheck.KeyRes)
	case logcheck.KindNoneUp:
		if r.Bool(logcheck.KeyOn) {
			return "has no eligible analyser"
		}
		return "has an eligible analyser again"
	case logcheck.KindResumed:
		return "notices that it was paused for " + span(r, logcheck.KeyGap)
	}
	return ""
}

// storing is what an analyser decides.
func storing(r *logcheck.Record, _ letter) string {
	switch r.Kind {
	case logcheck.KindRecover:
		if r.Uint(logcheck.KeyN) == 0 {
			return "recovers: the store is empty"
		}
		return fmt.Sprintf("recovers: the store holds effects 1 to %s, %s of them known to be lost", number(r, logcheck.KeyN), number(r, logcheck.KeyLost))
	case logcheck.KindCommit:
		return fmt.Sprintf("commits %s as effect %s (%s), not yet synced", id(r), number(r, logcheck.KeyCS), plural(r.Uint(logcheck.KeyN), "message"))
	case logcheck.KindDigest:
		return fmt.Sprintf("its digest of %s effects has %s, %s of them errors", number(r, logcheck.KeyN), plural(r.Uint(logcheck.KeyMsgs), "message"), number(r, logcheck.KeyErrs))
	case logcheck.KindDup:
		why := map[string]string{"seen": "it was committed before", "below": "its source has its outcome", "conflict": "another packet has this id"}
		return "suppresses " + id(r) + ": " + why[r.Str(logcheck.KeyWhy)]
	case logcheck.KindPoisoned:
		return "rejects " + id(r) + " for good" + because(r)
	case logcheck.KindTake:
		return "takes " + id(r) + " to look at, attempt " + number(r, logcheck.KeyAtt)
	case logcheck.KindCounts:
		return fmt.Sprintf("reads in the store: effects 1 to %s with %s", number(r, logcheck.KeyN), plural(r.Uint(logcheck.KeyMsgs), "message"))
	}
	return ""
}

// injected is what the fault injector and the world did.
func injected(r *logcheck.Record, about letter) string {
	switch r.Kind {
	case logcheck.KindPhase:
		return "phase " + r.Str(logcheck.KeyName) + " begins"
	case logcheck.KindFault:
		return "fault: " + act(r)
	case logcheck.KindNoeffect:
		return "no effect: " + act(r) + because(r)
	case logcheck.KindLost:
		why, to := r.Str(logcheck.KeyWhy), r.Str(logcheck.KeyTo)
		return fmt.Sprintf("lost (%s: %s) from %s to %s: %s", why, lostWhy(why, to), peer(r, logcheck.KeyFr, logcheck.KeyFI, 0), to, known(r, about))
	case logcheck.KindWorldDup:
		return "duplicated (" + plural(r.Uint(logcheck.KeyN), "extra copy") + ") from " + peer(r, logcheck.KeyFr, logcheck.KeyFI, 0) + ": " + known(r, about)
	case logcheck.KindStopped:
		return "the run ends: " + r.Str(logcheck.KeyWhy)
	}
	return ""
}

// lostWhy says in words why a message was lost.
func lostWhy(why, to string) string {
	words := map[string]string{
		"cut": "the link was cut", "loss": "the link lost it", "corrupt": "the link damaged it, which was noticed",
		"down": to + " was down", "crash": to + " crashed before it was handled", "queue": "a queue was full",
		"stale": "it was for another incarnation of " + to, "no_actor": to + " had no such actor",
		"full": to + " had no room", "stopped": to + " had stopped",
	}
	return words[why]
}

// act is a fault's verb and target.
func act(r *logcheck.Record) string {
	parts := []string{r.Str(logcheck.KeyDo)}
	if r.Has(logcheck.KeyFrom) {
		parts = append(parts, r.Str(logcheck.KeyFrom)+" to "+r.Str(logcheck.KeyTo))
		if cls := r.Str(logcheck.KeyCls); cls != "" && cls != "all" {
			parts = append(parts, cls)
		}
	} else {
		parts = append(parts, strings.TrimSuffix(r.Str(logcheck.KeyN)+"/"+r.Str(logcheck.KeyAct), "/"))
	}
	if val := r.Str(logcheck.KeyVal); val != "" {
		parts = append(parts, clip(val))
	}
	if r.Uint(logcheck.KeyInc) > 0 {
		parts = append(parts, "(incarnation "+number(r, logcheck.KeyInc)+")")
	}
	return strings.Join(parts, " ")
}

// known is what a token stands for, or the token if that is not known.
func known(r *logcheck.Record, about letter) string {
	if about.what != "" {
		return about.what
	}
	k := logcheck.KeyTok
	if r.Kind == logcheck.KindSynced || r.Kind == logcheck.KindDiskfail {
		return "disk operation " + number(r, k)
	}
	return "message " + number(r, k)
}

// peer is the other end of a message; actor 0 leaves its actor out.
func peer(r *logcheck.Record, node, inc, actor logcheck.Key) string {
	text := Node(r.Str(node), uint32(r.Uint(inc)))
	if actor != 0 {
		text += "/" + r.Str(actor)
	}
	return text
}

func id(r *logcheck.Record) string { return r.Str(logcheck.KeyID) }

func number(r *logcheck.Record, k logcheck.Key) string { return strconv.FormatUint(r.Uint(k), 10) }

// span is a time in nanoseconds as a person reads it.
func span(r *logcheck.Record, k logcheck.Key) string {
	d := time.Duration(r.Int(k))
	if d >= time.Millisecond {
		d = d.Round(time.Microsecond)
	}
	return d.String()
}

// because is the reason of a record, if it gives one.
func because(r *logcheck.Record) string {
	if why := r.Str(logcheck.KeyWhy); why != "" {
		return ": " + clip(why)
	}
	return ""
}

func queue(r *logcheck.Record) string {
	return fmt.Sprintf(" (%s queued, %s)", plural(r.Uint(logcheck.KeyQ), "packet"), plural(r.Uint(logcheck.KeyQB), "byte"))
}

func file(r *logcheck.Record) string {
	if f := r.Str(logcheck.KeyFile); f != "" {
		return " (" + clip(f) + ")"
	}
	return ""
}
