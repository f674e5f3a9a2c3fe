package logcheck

import (
	"fmt"
	"slices"
	"strings"
)

// want says what a kind expects of a key's value.
type want uint8

const (
	wantNone   want = iota // the key does not belong to the kind
	wantAny                // x_ kinds: section 2 only
	wantUint               // 0..2^64-1
	wantInt                // -2^63..2^63-1
	wantBool               // true or false
	wantString             // any text
	wantName               // [A-Za-z0-9._-]{1,64}
	wantID                 // source/inc/seq
	wantHex8               // 8 hex digits, lower case
	wantHex16              // 16 hex digits, lower case
	wantClass              // data, ack, probe, control; all in the fault file
	wantMsg                // a message's name
	wantWord               // and above: one of wordSets[w-wantWord]
)

// wantLetter are the letters of the schema's text.
var wantLetter = map[byte]want{
	'u': wantUint, 'i': wantInt, 'b': wantBool, 's': wantString, 'n': wantName,
	'd': wantID, 'h': wantHex8, 'H': wantHex16, 'c': wantClass, 'm': wantMsg,
}

// schema is what one kind or message may and must have beyond the six common keys.
type schema struct {
	want [keyCount]want
	may  [2]uint64
	must [2]uint64
}

// kindSchema is FORMAT.md sections 2, 3 and 6: key:type, or key:word|word for one of
// a list; `!` means the key must be there, the others may be left out when empty, 0
// or false.
var kindSchema = [kindCount]string{
	KindLog:           "v:u! node:n! inc:u! role:n! build:s one_in:u",
	KindEnd:           "n:u! crc:h!",
	KindStart:         "",
	KindStop:          "",
	KindSend:          "tok:u! to:n! ta:n! ti:u c:c! msg:m! re:u",
	KindRecv:          "tok:u! fr:n! fa:n! fi:u! c:c! msg:m! re:u",
	KindFail:          "tok:u! why:refused|reset|full|corrupt!",
	KindDrop:          "tok:u! fr:n! fi:u! why:stale|no_actor|full|stopped!",
	KindSynced:        "tok:u! file:s",
	KindDiskfail:      "tok:u! file:s why:full|io!",
	KindEmit:          "id:d! n:u! b:u! h:h! dg:H",
	KindOutcome:       "id:d! out:s! why:s def:b",
	KindInput:         "file:s lines:u bytes:u parts:u msgs:u err:s",
	KindSubmitFailed:  "id:d! to:n! why:timeout|refused|reset|full|corrupt|unsent!",
	KindBack:          "on:b",
	KindKeptOut:       "n:u",
	KindDrained:       "",
	KindJoin:          "id:d!",
	KindConfig:        "ver:u ok:b why:s set:s from:boot|disk|control|client|gossip",
	KindAdmit:         "id:d! w:n! q:u qb:u",
	KindRefuse:        "id:d! why:queue_full|stopping|many_waiting|recovering|spool_full|spool_busy|outdated|disk_full|disk_error! q:u qb:u",
	KindSpool:         "id:d! no:u!",
	KindFlush:         "no:u! op:u!",
	KindUnspool:       "id:d! no:u! why:committed|dead|expired|damaged!",
	KindRegain:        "n:u no:u lost:u set:s",
	KindHeld:          "on:b",
	KindView:          "v:u! ver:u set:s",
	KindCredit:        "set:s",
	KindPick:          "p:u! id:d! att:u! n:u! to:n! v:u! x:s raw:H w:n",
	KindHealth:        "an:n! to:up|down! why:probe|data|phi|refused|central|recovered! f:u ok:u dp:b inc:u",
	KindProbed:        "an:n! pn:u res:ok|not_ready|timeout|refused|reset|ignored! dp:b",
	KindAttemptFailed: "id:d! att:u! to:n! why:timeout|refused|reset|full|busy|unavailable|down!",
	KindRetry:         "id:d! att:u! wait:u",
	KindDone:          "id:d! att:u! to:n st:committed|duplicate",
	KindGaveUp:        "id:d! why:no_analyser|attempts|deadline|stopping! def:b",
	KindDead:          "id:d! why:s def:b to:n",
	KindBudget:        "active:u retries:u",
	KindNoneUp:        "on:b",
	KindResumed:       "gap:u",
	KindScale:         "n:u! want:u! to:u! why:steady|blind|up|down|limit|window|cooldown! set:s",
	KindCrew:          "w:n! st:hired|retiring|gone!",
	KindLeft:          "",
	KindSeed:          "by:n!",
	KindChange:        "ctr:u! op:add|weight|remove|drain|undrain! an:n! weight:u seen:s",
	KindReplica:       "ver:u! from:boot|disk|change|gossip|collect! fr:n fi:u ser:u seen:s dig:H! n:u dead:u",
	KindNotTaken:      "fr:n fi:u ser:u why:gap|form|ahead|forged|superseded|limit|store|stranger|stale|part|busy|stopping! err:s",
	KindMember:        "node:n! to:alive|suspect|failed! inc:u",
	KindTrade:         "ser:u! at:u p:u own:s set:s",
	KindTally:         "n:u! from:own|fold|gossip! of:s folds:u fr:n fi:u ser:u set:s seen:s",
	KindRecover:       "n:u lost:u msgs:u",
	KindCommit:        "id:d! n:u! h:h! cs:u! op:u! dg:H",
	KindDup:           "id:d! why:seen|below|conflict!",
	KindPoisoned:      "id:d! why:s",
	KindTake:          "id:d! att:u!",
	KindCounts:        "n:u! msgs:u wait:u",
	KindDigest:        "n:u lost:u pkts:u msgs:u errs:u dg:H! hash:H!",
	KindCounter:       "name:s! val:i",
	KindPhase:         "name:warmup|faults|heal|settle|end!",
	KindFault:         "do:s! n:n act:n from:n to:n cls:c val:s inc:u",
	KindLost:          "fr:n! fi:u! tok:u! to:n why:cut|loss|corrupt|reset|down|crash|queue|stale|no_actor|full|stopped",
	KindWorldDup:      "fr:n! fi:u! tok:u! to:n n:u!",
	KindNoeffect:      "do:s! n:n act:n from:n to:n cls:c val:s inc:u why:s",
	KindStopped:       "why:s!",
}

// msgSchema are the message keys of send and recv.
var msgSchema = [msgCount]string{
	MsgSubmit:    "id:d! n:u! b:u! h:h! lo:u",
	MsgResult:    "id:d! out:committed|poison|gave_up|refused|spooled! why:s def:b wait:u",
	MsgPacket:    "id:d! n:u b:u h:h att:u! lo:u",
	MsgReceipt:   "id:d! att:u! st:committed|duplicate|poison|busy|unavailable!",
	MsgProbe:     "pn:u",
	MsgProbeOK:   "pn:u ready:b",
	MsgControl:   "doc:s",
	MsgControlOK: "ok:b ver:u why:s",
	MsgState:     "",
	MsgStateOK:   "ver:u",
	MsgGossip:    "ser:u! off:u b:u! total:u!",
	MsgGossipOK:  "ser:u! why:s",
}

const headKeys = 6 // k a s t m g stand in every line and are parsed apart

var (
	kindTable [kindCount]schema
	msgTable  [msgCount]schema
)

func init() {
	for k := range kindTable {
		parseSchema(&kindTable[k], kindSchema[k])
	}
	all := &kindTable[KindSend]
	recv := &kindTable[KindRecv]
	for m := 1; m < int(msgCount); m++ {
		parseSchema(&msgTable[m], msgSchema[m])
		for k, w := range msgTable[m].want {
			if w != wantNone { // while scanning, any message's keys may come
				all.want[k], recv.want[k] = w, w
			}
		}
	}
	x := &kindTable[KindX]
	for k := range x.want {
		x.want[k] = wantAny
	}
	x.may = [2]uint64{^uint64(0), ^uint64(0)}
}

// wordSets are the lists of words of the schema, each once.
var wordSets [][]string

// wordsOf returns the want of a list of words; a key that may be left out may also
// be empty.
func wordsOf(words []string, must bool) want {
	if !must {
		words = append(words, "")
	}
	i := slices.IndexFunc(wordSets, func(set []string) bool { return slices.Equal(set, words) })
	if i < 0 {
		i = len(wordSets)
		wordSets = append(wordSets, words)
	}
	assert(i < 256-int(wantWord), "%d lists of words", i)
	return wantWord + want(i)
}

func parseSchema(s *schema, text string) {
	for _, f := range strings.Fields(text) {
		name, typ, ok := strings.Cut(f, ":")
		k := lookupKey([]byte(name))
		assert(ok && k != KeyNone, "schema %q", f)
		typ, must := strings.CutSuffix(typ, "!")
		w := wantLetter[typ[0]]
		if len(typ) > 1 {
			w = wordsOf(strings.Split(typ, "|"), must)
		}
		assert(w != wantNone && s.want[k] == wantNone, "schema type %q", f)
		s.want[k] = w
		s.may[k>>6] |= 1 << (k & 63)
		if must {
			s.must[k>>6] |= 1 << (k & 63)
		}
	}
}

// checkKeys verifies that the record has what its kind and message require and
// nothing else; the values' types were checked while scanning.
func (r *Record) checkKeys() error {
	s := &kindTable[r.Kind]
	may, must := s.may, s.must
	if r.Msg != MsgNone {
		m := &msgTable[r.Msg]
		may[0], may[1] = may[0]|m.may[0], may[1]|m.may[1]
		must[0], must[1] = must[0]|m.must[0], must[1]|m.must[1]
	}
	const head = (1<<(headKeys+1) - 1) &^ 1
	for i := range r.has {
		has := r.has[i]
		if i == 0 {
			has &^= head
		}
		if bad := has &^ may[i]; bad != 0 {
			return fmt.Errorf("key %q does not belong to %s%s", keyText[64*i+bit64(bad)], r.Kind, msgSuffix(r.Msg))
		}
		if missing := must[i] &^ has; missing != 0 {
			return fmt.Errorf("%s%s lacks the key %q", r.Kind, msgSuffix(r.Msg), keyText[64*i+bit64(missing)])
		}
	}
	return nil
}

func msgSuffix(m Msg) string {
	if m == MsgNone {
		return ""
	}
	return " of " + m.String()
}
