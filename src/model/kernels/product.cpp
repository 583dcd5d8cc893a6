#include "model/kernels/product.h"

#include <ATen/ops/mm.h>

#include <algorithm>
#include <bit>

#include "finemix/core/profile.h"
#include "finemix/model/memory.h"
#include "finemix/model/operand.h"
#include "model/kernels/own_product.h"

namespace finemix {
namespace {

using simd::Bf16;

// At most a sixteenth more rows, and sixteen numbers for each power of two.
std::int64_t rounded(std::int64_t rows) {
  const auto step = std::max<std::int64_t>(
      16, static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(rows))) / 16);
  return (rows + step - 1) / step * step;
}

// With the room behind the last row.
at::Tensor whole(const at::Tensor& rows) {
  return rows.is_cpu() ? rows.as_strided({rounded(rows.size(0)), rows.size(1)}, rows.strides())
                       : rows;
}

bool is_own(std::int64_t in, std::int64_t out, at::Device device, at::ScalarType type) {
  if (!device.is_cpu()) return false;
  return type == at::kBFloat16 ? own::suits<Bf16>(in, out) : own::suits<float>(in, out);
}
bool is_own(const at::Tensor& weight) {
  return is_own(weight.size(1), weight.size(0), weight.device(), weight.scalar_type());
}

}  // namespace

bool needs_room(std::int64_t width, std::int64_t inner, const at::TensorOptions& options) {
  const auto type = options.dtype().toScalarType();
  return options.device().is_cpu() && !(is_own(width, width, options.device(), type) &&
                                        is_own(width, inner, options.device(), type));
}

at::Tensor take_with_room(Workspace& workspace, std::int64_t rows, std::int64_t columns,
                          const at::TensorOptions& options) {
  const std::int64_t room = rounded(rows) - rows;
  const at::Tensor all = workspace.take({rows + room, columns}, options);
  if (room > 0) all.narrow(0, rows, room).zero_();
  return all.narrow(0, 0, rows);
}

at::Tensor pack_weight(const at::Tensor& weight) {
  if (!is_own(weight)) return {};
  at::Tensor packed = empty_block(weight.sizes(), weight.options());
  with_operand_type(weight, [&](auto element) {
    using T = decltype(element);
    own::pack_weight(data<T>(weight), data<T>(packed), weight.size(1), weight.size(0));
  });
  return packed;
}

void product(const at::Tensor& out, const at::Tensor& x, const LinearView& linear,
             Workspace& workspace) {
  const ProfilePart part("products");
  const at::Tensor& weight = linear.weight;
  linear.settle();
  if (is_own(weight)) {
    return with_operand_type(x, [&](auto element) {
      using T = decltype(element);
      const std::int64_t in = weight.size(1);
      const std::int64_t columns = weight.size(0);
      if (linear.packed.defined()) {
        return own::product_packed(data<T>(x), data<T>(linear.packed), data<T>(out), x.size(0), in,
                                   columns);
      }
      const Workspace::Mark mark = workspace.mark();
      const at::Tensor scratch = workspace.take({own::panel_scratch(in, columns)}, x.options());
      own::product(data<T>(x), data<T>(weight), data<T>(out), x.size(0), in, columns,
                   data<T>(scratch), linear.update);
      workspace.release(mark);
    });
  }
  at::Tensor target = whole(out);
  at::mm_out(target, whole(x), weight.t());
}

void product_backward(const at::Tensor& d_y, const at::Tensor& x, const LinearView& linear,
                      const at::Tensor& d_x, Workspace& workspace) {
  const ProfilePart part("products");
  if (is_own(linear.weight)) {
    const std::int64_t rows = x.size(0);
    const std::int64_t in = linear.weight.size(1);
    const std::int64_t out = linear.weight.size(0);
    const Workspace::Mark mark = workspace.mark();
    const at::Tensor scratch = workspace.take(
        {std::max(own::weight_gradient_scratch(rows, in, out), own::panel_scratch(out, in))},
        x.options());
    with_operand_type(x, [&](auto element) {
      using T = decltype(element);
      own::weight_gradient(data<T>(d_y), data<T>(x), data<T>(linear.weight_gradient), rows, in, out,
                           data<T>(scratch));
      own::input_gradient(data<T>(d_y), data<T>(linear.weight), data<T>(d_x), rows, in, out,
                          data<T>(scratch));
    });
    workspace.release(mark);
    return;
  }
  const at::Tensor d_rows = whole(d_y);
  at::Tensor d_weight = linear.weight_gradient;
  at::mm_out(d_weight, d_rows.t(), whole(x));
  at::Tensor target = whole(d_x);
  at::mm_out(target, d_rows, linear.weight);
}

}  // namespace finemix
