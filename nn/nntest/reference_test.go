package nntest

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

func referenceConfig() Config { return Config{New: func(TB) nn.Backend { return Reference() }} }

func TestReferencePassesItsOwnCases(t *testing.T) { Run(t, referenceConfig()) }

func TestReferencePassesItsOwnCasesSmall(t *testing.T) {
	config := referenceConfig()
	config.Small = true
	Run(t, config)
}
