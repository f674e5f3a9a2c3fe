package main

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"weir/system/distributor"
	"weir/system/message"
	"weir/system/node"
)

// answerMax is the virtual time after which an answer is not awaited any longer.
const answerMax = 10 * time.Second

// deliver boots a distributor, hands its supervisor a document and returns the
// answer and the log of the node.
func deliver(cfg distributor.Config, doc []byte) (*message.ControlOK, []string, error) {
	l := newLoop("d1", "distributor")
	if err := l.start(distributor.Boot(cfg)); err != nil {
		return nil, nil, err
	}
	l.runUntil(0, nil) // the table of the boot is in force before the document comes
	request := l.ask(node.Addr{Node: "op", Inc: 1, Actor: "operate"}, distributor.Supervisor, &message.Control{Doc: doc})
	var answer *message.ControlOK
	l.runUntil(l.now+answerMax, func() bool {
		answer, _ = l.answers[request].(*message.ControlOK)
		return answer != nil
	})
	if answer == nil {
		return nil, nil, errors.New("the distributor did not answer")
	}
	return answer, l.lines, nil
}

// lastTable is the table of the last accepted configuration in a log.
func lastTable(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		if !strings.HasPrefix(lines[i], `{"k":"config",`) {
			continue
		}
		var config struct {
			OK  bool   `json:"ok"`
			Set string `json:"set"`
		}
		if json.Unmarshal([]byte(lines[i]), &config) == nil && config.OK {
			return config.Set
		}
	}
	return "(no table)"
}
