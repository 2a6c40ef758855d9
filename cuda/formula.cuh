// formula.cuh: runs the programs of formulas, in the layout of physics/task/formula's Encode, in float64 on
// float32 rows. All threads of a warp run one program, so they take the same branches and read the same words.
//
// Products are rounded before they are added, as in Go. Correctly rounded operations give Go's bits: signs,
// + - * /, sqrt, floor, ceil, comparisons, min, max, wrap and single. The other functions are CUDA's, with the errors
// that its manual states: see gpu/formula_test.go.
#pragma once
#include "dynamics.cuh"

#define FORMULA_VERSION 1
#define FORMULA_HEAD 8    // words before the constants
#define FORMULA_SLOTS 128  // largest number of values that a program keeps at one time

// Rows of operands, with the numbers of formula.Row.
enum FormulaRow { ROW_OBS, ROW_ACTION, ROW_NEXT, ROW_GOAL, ROW_PARAMETERS, ROW_CONSTANTS, ROW_SLOTS };

// Operations, in the order of physics/task/formula/op.go.
enum FormulaOp {
  OP_COPY, OP_NEG, OP_NOT, OP_ABS, OP_SQRT, OP_EXP, OP_LOG, OP_SIN, OP_COS, OP_TAN, OP_ASIN, OP_ACOS, OP_ATAN, OP_TANH,
  OP_FLOOR, OP_CEIL, OP_WRAP, OP_SINGLE,
  OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MIN, OP_MAX, OP_POW, OP_ATAN2, OP_HYPOT,
  OP_LESS, OP_LESS_EQUAL, OP_EQUAL, OP_NOT_EQUAL, OP_AND, OP_OR,
  OP_WHERE,
  OP_SUM, OP_SQUARES, OP_NORM, OP_LEAST, OP_MOST, OP_ALL, OP_ANY, OP_DOT
};

// FormulaRows is the input of a program; actions are clipped to the box when read.
struct FormulaRows {
  const float *obs, *action, *next;
  const float *low, *high;  // bounds of the actions
  const double* parameters;
};

// Formula is a program with the addresses of its parts.
struct Formula {
  const double* constants;
  const uint32_t* code;  // code, five words per instruction
  const uint32_t* outputs;
  uint32_t instructions;
};

DEVICE Formula formula_open(const uint32_t* words) {
  Formula f;
  f.instructions = words[1];
  f.constants = (const double*)(words + FORMULA_HEAD);
  f.code = words + FORMULA_HEAD + 2 * words[3];
  f.outputs = f.code + 5 * f.instructions;
  return f;
}

// formula_fetch reads element k of an operand.
DEVICE double formula_fetch(const Formula& f, const FormulaRows& r, const double* slots, uint32_t operand, uint32_t k) {
  const uint32_t at = (operand & 0xffff) + k * (operand >> 16 & 0xff);
  switch (operand >> 24) {
    case ROW_OBS: return r.obs[at];
    case ROW_ACTION: return clip(r.action[at], r.low[at], r.high[at]);
    case ROW_NEXT: return r.next[at];
    case ROW_PARAMETERS: return r.parameters[at];
    case ROW_CONSTANTS: return f.constants[at];
    default: return slots[at];
  }
}

// formula_min and formula_max pass a NaN on, and treat -0 as less than 0.
DEVICE double formula_min(double x, double y) {
  if (x == y) return signbit(x) ? x : y;
  return x < y ? x : y < x ? y : x + y;
}

DEVICE double formula_max(double x, double y) {
  if (x == y) return signbit(x) ? y : x;
  return x > y ? x : y > x ? y : x + y;
}

DEVICE double formula_unary(uint32_t op, double x) {
  const double turn = 6.283185307179586, half = 3.141592653589793;
  switch (op) {
    case OP_NEG: return -x;
    case OP_NOT: return x == 0;
    case OP_ABS: return fabs(x);
    case OP_SQRT: return sqrt(x);
    case OP_EXP: return exp(x);
    case OP_LOG: return log(x);
    case OP_SIN: return sin(x);
    case OP_COS: return cos(x);
    case OP_TAN: return tan(x);
    case OP_ASIN: return asin(x);
    case OP_ACOS: return acos(x);
    case OP_ATAN: return atan(x);
    case OP_TANH: return tanh(x);
    case OP_FLOOR: return floor(x);
    case OP_CEIL: return ceil(x);
    case OP_WRAP: return x - __dmul_rn(turn, floor((x + half) / turn));
    case OP_SINGLE: return (double)(float)x;
    default: return x;
  }
}

DEVICE double formula_binary(uint32_t op, double x, double y) {
  switch (op) {
    case OP_ADD: return x + y;
    case OP_SUB: return x - y;
    case OP_MUL: return __dmul_rn(x, y);
    case OP_DIV: return x / y;
    case OP_MIN: return formula_min(x, y);
    case OP_MAX: return formula_max(x, y);
    case OP_POW: return pow(x, y);
    case OP_ATAN2: return atan2(x, y);
    case OP_HYPOT: return hypot(x, y);
    case OP_LESS: return x < y;
    case OP_LESS_EQUAL: return x <= y;
    case OP_EQUAL: return x == y;
    case OP_NOT_EQUAL: return x != y;
    case OP_AND: return x != 0 && y != 0;
    default: return x != 0 || y != 0;
  }
}

// formula_reduce reduces the elements from the first one to one number.
DEVICE double formula_reduce(const Formula& f, const FormulaRows& r, const double* slots, uint32_t op, uint32_t n, uint32_t a, uint32_t b) {
  double sum = op == OP_LEAST || op == OP_MOST ? formula_fetch(f, r, slots, a, 0) : op == OP_ALL;
  for (uint32_t k = 0; k < n; k++) {
    const double x = formula_fetch(f, r, slots, a, k);
    switch (op) {
      case OP_SUM: sum += x; break;
      case OP_LEAST: sum = formula_min(sum, x); break;
      case OP_MOST: sum = formula_max(sum, x); break;
      case OP_ALL: sum = sum != 0 && x != 0; break;
      case OP_ANY: sum = sum != 0 || x != 0; break;
      case OP_DOT: sum += __dmul_rn(x, formula_fetch(f, r, slots, b, k)); break;
      default: sum += __dmul_rn(x, x);
    }
  }
  return op == OP_NORM ? sqrt(sum) : sum;
}

// formula_run fills slots [FORMULA_SLOTS]. It is a separate function, so that its mathematics do not add to the
// registers of the kernel.
DEVICE_CALL void formula_run(Formula f, FormulaRows r, double* slots) {
  for (uint32_t i = 0; i < f.instructions; i++) {
    const uint32_t *code = f.code + 5 * i, op = code[0] & 0xff, n = code[0] >> 16, to = code[1], a = code[2], b = code[3];
    if (op >= OP_SUM) {
      slots[to] = formula_reduce(f, r, slots, op, n, a, b);
      continue;
    }
    for (uint32_t k = 0; k < n; k++) {
      const double x = formula_fetch(f, r, slots, a, k);
      if (op < OP_ADD)
        slots[to + k] = formula_unary(op, x);
      else if (op < OP_WHERE)
        slots[to + k] = formula_binary(op, x, formula_fetch(f, r, slots, b, k));
      else
        slots[to + k] = formula_fetch(f, r, slots, x != 0 ? b : code[4], k);
    }
  }
}
