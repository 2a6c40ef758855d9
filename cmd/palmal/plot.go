package main

import "github.com/urfave/cli/v2"

func (p *program) plot() *cli.Command   { return &cli.Command{Name: "plot"} }
func (p *program) bench() *cli.Command  { return &cli.Command{Name: "bench"} }
func (p *program) doctor() *cli.Command { return &cli.Command{Name: "doctor"} }
func benchSizes() []string              { return nil }
func benchStages() []string             { return nil }
