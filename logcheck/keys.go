package logcheck

// Key is a key of a record that FORMAT.md defines, as a small number.
type Key uint8

// The keys, named as in the log.
const (
	KeyNone Key = iota
	KeyK
	KeyA
	KeyS
	KeyT
	KeyM
	KeyG
	KeyV
	KeyNode
	KeyInc
	KeyRole
	KeyBuild
	KeyOneIn
	KeyN
	KeyCRC
	KeyTok
	KeyTo
	KeyTA
	KeyTI
	KeyC
	KeyMsg
	KeyRe
	KeyFr
	KeyFA
	KeyFI
	KeyWhy
	KeyFile
	KeyID
	KeyB
	KeyH
	KeyLo
	KeyOut
	KeyDef
	KeyWait
	KeyAtt
	KeySt
	KeyPN
	KeyReady
	KeyDoc
	KeyOK
	KeyVer
	KeyLines
	KeyBytes
	KeyParts
	KeyMsgs
	KeyErr
	KeyOn
	KeySet
	KeyFrom
	KeyW
	KeyQ
	KeyQB
	KeyP
	KeyX
	KeyRaw
	KeyAn
	KeyF
	KeyDP
	KeyRes
	KeyActive
	KeyRetries
	KeyGap
	KeyLost
	KeyCS
	KeyOp
	KeyName
	KeyVal
	KeyDo
	KeyAct
	KeyCls
	KeyWant
	KeyBy
	KeyCtr
	KeyWeight
	KeySeen
	KeySer
	KeyOff
	KeyTotal
	KeyDig
	KeyDead
	KeyDG
	KeyPkts
	KeyErrs
	KeyHash
	KeyAt
	KeyOwn
	KeyOf
	KeyFolds
	KeyNo
	keyCount
)

var keyText = [keyCount]string{
	KeyK:       "k",
	KeyA:       "a",
	KeyS:       "s",
	KeyT:       "t",
	KeyM:       "m",
	KeyG:       "g",
	KeyV:       "v",
	KeyNode:    "node",
	KeyInc:     "inc",
	KeyRole:    "role",
	KeyBuild:   "build",
	KeyOneIn:   "one_in",
	KeyN:       "n",
	KeyCRC:     "crc",
	KeyTok:     "tok",
	KeyTo:      "to",
	KeyTA:      "ta",
	KeyTI:      "ti",
	KeyC:       "c",
	KeyMsg:     "msg",
	KeyRe:      "re",
	KeyFr:      "fr",
	KeyFA:      "fa",
	KeyFI:      "fi",
	KeyWhy:     "why",
	KeyFile:    "file",
	KeyID:      "id",
	KeyB:       "b",
	KeyH:       "h",
	KeyLo:      "lo",
	KeyOut:     "out",
	KeyDef:     "def",
	KeyWait:    "wait",
	KeyAtt:     "att",
	KeySt:      "st",
	KeyPN:      "pn",
	KeyReady:   "ready",
	KeyDoc:     "doc",
	KeyOK:      "ok",
	KeyVer:     "ver",
	KeyLines:   "lines",
	KeyBytes:   "bytes",
	KeyParts:   "parts",
	KeyMsgs:    "msgs",
	KeyErr:     "err",
	KeyOn:      "on",
	KeySet:     "set",
	KeyFrom:    "from",
	KeyW:       "w",
	KeyQ:       "q",
	KeyQB:      "qb",
	KeyP:       "p",
	KeyX:       "x",
	KeyRaw:     "raw",
	KeyAn:      "an",
	KeyF:       "f",
	KeyDP:      "dp",
	KeyRes:     "res",
	KeyActive:  "active",
	KeyRetries: "retries",
	KeyGap:     "gap",
	KeyLost:    "lost",
	KeyCS:      "cs",
	KeyOp:      "op",
	KeyName:    "name",
	KeyVal:     "val",
	KeyDo:      "do",
	KeyAct:     "act",
	KeyCls:     "cls",
	KeyWant:    "want",
	KeyBy:      "by",
	KeyCtr:     "ctr",
	KeyWeight:  "weight",
	KeySeen:    "seen",
	KeySer:     "ser",
	KeyOff:     "off",
	KeyTotal:   "total",
	KeyDig:     "dig",
	KeyDead:    "dead",
	KeyNo:      "no",
	KeyDG:      "dg",
	KeyPkts:    "pkts",
	KeyErrs:    "errs",
	KeyHash:    "hash",
	KeyAt:      "at",
	KeyOwn:     "own",
	KeyOf:      "of",
	KeyFolds:   "folds",
}

// String returns the key as it is written.
func (k Key) String() string {
	if k < keyCount {
		return keyText[k]
	}
	return "?"
}
