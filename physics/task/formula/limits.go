package formula

// Limits of the language. A formula that exceeds one is refused with the limit's value.
const (
	MaxSource       = 4096 // bytes of one formula
	MaxDepth        = 256  // nesting of an expression, with the definitions that it uses
	MaxInstructions = 1024 // instructions of a program
	MaxConstants    = 256  // constants of a program
	MaxSlots        = 256  // numbers that a program keeps at one time
	MaxTape         = 4096 // numbers that a program computes in all; its derivative keeps them
	MaxLength       = 1024 // length of a vector
	MaxRow          = 1 << 14
	MaxProblems     = 50 // problems reported for one formula
)
