#include "record/checkup.h"
#include "record/progress.h"
#include "record/record.h"
#include "report/words.h"

/// The codes of a record in Korean.
namespace report {

using namespace record;  // the codes

const std::vector<Row>& korean_codes() {
  static const std::vector<Row> rows{
      // -- codes: what was found

      {Verdict::race, "경쟁 상태(RACE)"},
      {Verdict::broken, "규칙 위반(BROKEN)"},
      {Verdict::inconclusive, "판정 불가(INCONCLUSIVE)"},
      {Verdict::clean, "이상 없음(CLEAN)"},

      {Kind::lost_update, "갱신 손실(lost update)"},
      {Kind::check_then_act, "검사 후 실행(check-then-act)"},
      {Kind::check_then_act_across_requests,
       "여러 요청에 걸친 검사 후 실행(check-then-act across requests)"},
      {Kind::double_execution, "이중 실행(double execution)"},
      {Kind::limit_exceeded, "한도 초과(limit exceeded)"},
      {Kind::duplicate, "중복 생성(duplicate)"},
      {Kind::resurrected, "삭제된 데이터 복원(resurrected)"},
      {Kind::stale_answer, "오래된 응답(stale answer)"},
      {Kind::answer_contradicts_state, "응답과 상태의 모순(answer contradicts state)"},
      {Kind::error_under_contention, "경합 시 오류(error under contention)"},
      {Kind::rule_broken_under_contention, "경합 시 규칙 위반(rule broken under contention)"},
      {Kind::missing_check, "검사 누락(missing check)"},
      {Kind::other, "기타"},

      {Why::Is::exists_again,
       "어떤 순서로 실행해도 마지막에는 삭제되어 있습니다. 그런데 이번에는 삭제된 뒤에 다시 "
       "존재합니다."},
      {Why::Is::more_succeeded,
       "순차로 실행하면 어떤 순서에서도 최대 {allowed}개만 성공합니다. 이번에는 {seen}개가 "
       "성공했습니다."},
      {Why::Is::requests_explain,
       "개별 요청을 실제로 섞인 순서대로 실행하면 이 결과가 나오지만, 스크립트를 차례로 "
       "실행하면 나오지 않습니다. 요청 하나하나는 올바르게 처리되었으나, 값을 읽은 뒤에 그 값이 "
       "바뀌었는데도 그대로 실행되었습니다."},
      {Why::Is::read_was_outdated,
       "상태 코드와 상태는 어떤 순차 순서의 결과와 일치하므로 기록된 내용은 올바릅니다. 그러나 "
       "스크립트는 값을 읽은 뒤에 그 값이 바뀌었는데도 그대로 실행되었고, 어떤 순서에서도 그 값을 "
       "읽지 않습니다. 그 값을 사용하지 않는다면 mask에 추가하십시오."},
      {Why::Is::told_otherwise,
       "상태 코드와 상태는 어떤 순차 순서의 결과와 일치하지만, 응답에 그 순서에서는 사실이 아닌 "
       "값이 있습니다."},
      {Why::Is::called_more_often,
       "순차로 실행하면 어떤 순서에서도 {name} 호출은 최대 {allowed}번입니다. 이번에는 {seen}번 "
       "호출되었습니다."},
      {Why::Is::change_is_gone,
       "순차로 실행하면 어떤 순서에서도 성공으로 응답한 변경이 모두 남습니다. 이번에는 변경한 "
       "스크립트가 성공했는데도 변경 하나가 사라졌습니다."},
      {Why::Is::more_of_them,
       "순차로 실행하면 어떤 순서에서도 마지막에 남는 개수가 이보다 적습니다."},
      {Why::Is::answers_fit_no_order,
       "상태는 어떤 순차 순서의 결과와 일치하지만, 응답은 그 순서의 응답이 아닙니다."},
      {Why::Is::nothing_fits, "이 응답과 이 상태가 함께 나오는 순차 순서는 없습니다."},
      {Why::Is::rule_held_serially, "모든 순차 실행에서 규칙이 지켜졌습니다."},
      {Why::Is::only_together,
       "첫 오류 이전의 순차 실행 {before}회와 마지막 오류 이후의 대조 실행 {after}회는 모두 "
       "응답을 받았습니다."},
      {Why::Is::broke_serially,
       "스크립트를 겹치지 않게 차례로 실행했는데도({order}) 규칙이 깨졌습니다."},
      {Proof::one_gone_of_all,
       "순차로 실행하면 어떤 순서에서도 성공으로 응답한 변경이 모두 남습니다. 이번에는 모든 "
       "스크립트가 성공했는데도 변경 하나가 사라졌습니다."},
      {Proof::some_gone,
       "순차로 실행하면 어떤 순서에서도 성공으로 응답한 변경이 모두 남습니다. 이번에는 변경한 "
       "스크립트가 성공했는데도 변경 일부가 사라졌습니다."},
      {Proof::some_gone_of_all,
       "순차로 실행하면 어떤 순서에서도 성공으로 응답한 변경이 모두 남습니다. 이번에는 모든 "
       "스크립트가 성공했는데도 변경 일부가 사라졌습니다."},
      {Proof::never_called,
       "순차로 실행하면 어떤 순서에서도 {name} 호출은 없습니다. 이번에는 {seen}번 "
       "호출되었습니다."},
      {Proof::none_succeeds,
       "순차로 실행하면 어떤 순서에서도 성공하지 않습니다. 이번에는 {seen}개가 성공했습니다."},
      {Proof::each_request_is_right,
       "요청 하나하나는 올바르게 처리되었으나, 값을 읽은 뒤에 그 값이 바뀌었는데도 그대로 "
       "실행되었습니다."},

      {Cure::send_version,
       "읽은 값을 조건으로 쓰십시오. 버전(If-Match와 ETag, 불일치하면 412)이나 기대하는 상태를 "
       "쓰기 요청에 함께 보냅니다."},
      {Cure::check_again_on_write,
       "서버가 쓸 때 다시 검사하게 하십시오. UPDATE ... WHERE state = 'expected'를 실행하고 "
       "일치하는 행이 없으면 409로 응답합니다."},
      {Cure::check_and_write_in_one,
       "검사와 쓰기를 한 문장으로 처리하십시오. UPDATE ... WHERE state = 'expected'를 실행하고 "
       "일치하는 행이 없으면 409로 응답합니다."},
      {Cure::hold_row,
       "검사부터 쓰기까지 행을 잠그십시오. 한 트랜잭션 안에서 SELECT ... FOR UPDATE를 "
       "사용합니다(비관적 잠금)."},
      {Cure::write_changed_columns,
       "앞서 읽은 행 전체가 아니라 바뀐 열만 쓰십시오. UPDATE ... SET one = ?"},
      {Cure::compare_version,
       "쓸 때 버전을 비교하십시오. UPDATE ... WHERE version = ?를 사용하고, HTTP에서는 ETag와 "
       "If-Match를 써서 늦은 쪽에 412로 응답합니다(낙관적 잠금)."},
      {Cure::compute_in_database, "계산을 데이터베이스에서 하십시오. UPDATE ... SET n = n + 1"},
      {Cure::unique_constraint,
       "유일성 제약(UNIQUE)이 판단하게 하고, 제약 위반에는 409로 응답하십시오."},
      {Cure::unique_resource,
       "하나만 있어야 하는 것에 유일성 제약(UNIQUE)을 두고, 제약 위반에는 409나 기존 리소스로 "
       "응답하십시오."},
      {Cure::claim_first,
       "작업을 먼저 선점하십시오. UPDATE ... SET done = true WHERE done = false를 실행하고 "
       "일치하는 행이 있을 때만 계속합니다."},
      {Cure::idempotency_key,
       "재시도에 대비해 Idempotency-Key를 처리 결과와 같은 트랜잭션에 저장하십시오."},
      {Cure::count_in_write,
       "쓰면서 세십시오. UPDATE ... SET used = used + 1 WHERE used < limit을 실행하고 일치하는 "
       "행이 없으면 거부합니다."},
      {Cure::hold_limit_row, "세기 전에 한도가 있는 행을 잠그십시오. SELECT ... FOR UPDATE"},
      {Cure::update_never_insert,
       "이미 있는 것은 새로 넣지 말고 갱신만 하십시오. UPDATE ... WHERE id = ?를 실행하고 "
       "일치하는 행이 없으면 404로 응답합니다."},
      {Cure::answer_what_was_written,
       "앞서 읽은 값이 아니라 기록한 값으로 응답하십시오(UPDATE ... RETURNING)."},
      {Cure::answer_after_commit,
       "기록한 값으로(UPDATE ... RETURNING), 반드시 커밋한 뒤에 응답하십시오."},
      {Cure::turn_error_into_refusal,
       "늦은 쪽에서 발생한 제약 위반, 교착 상태, 직렬화 실패를 409나 503으로 바꾸거나 "
       "재시도하십시오."},
      {Cure::serializable,
       "검사와 쓰기를 SERIALIZABLE 트랜잭션 하나로 처리하거나, 규칙이 다루는 행을 잠그십시오."},
      {Cure::check_on_server,
       "서버에서 쓰기와 같은 문장이나 같은 트랜잭션 안에서 규칙을 검사하십시오."},
      {Cure::one_transaction,
       "함께 이루어져야 하는 작업을 한 트랜잭션으로 묶고, 읽은 행을 잠그거나 비교하십시오."},

      {Part::Result::ok, "성공"},
      {Part::Result::refused, "거부됨"},
      {Part::Result::failed, "실패"},
      {Part::Result::no_answer, "응답 없음"},
      {Part::Result::stopped, "중단됨"},

      {Attempt::Result::one_order, "{order}"},
      {Attempt::Result::either_order, "두 순서 모두 가능"},
      {Attempt::Result::several_orders, "여러 순서 가능"},
      {Attempt::Result::some_refused, "{scripts} 거부됨"},
      {Attempt::Result::everyone_refused, "모두 거부됨"},
      {Attempt::Result::detail, "세부 사항만 다름"},
      {Attempt::Result::permitted, "허용됨"},
      {Attempt::Result::no_order_at_first, "처음에는 일치하는 순서 없음"},
      {Attempt::Result::no_order, "일치하는 순서 없음"},
      {Attempt::Result::rule_broke, "규칙 위반"},
      {Attempt::Result::not_judged, "판정하지 않음"},

      {Volatile::Is::slot, "임의의 값"},
      {Volatile::Is::time, "시각"},
      {Volatile::Is::any_order, "순서 무관"},

      {RuleError::Is::none, "계산됨"},
      {RuleError::Is::jq, "{text}"},
      {RuleError::Is::no_boolean, "true나 false여야 하는데 {text}입니다"},
      {RuleError::Is::no_list, "{path}: 목록이어야 하는데 {text}입니다"},
      {RuleError::Is::no_number, "{path}: 숫자여야 하는데 {text}입니다"},
      {RuleError::Is::no_way, "{path} 경로에 목록도 객체도 아닌 값이 있습니다"},

      {Value::Is::nothing, "-"},
      {Value::Is::absent, "없음"},
      {Value::Is::json, "{text}"},
      {Value::Is::pattern, "{text}"},
      {Value::Is::statuses, "{text}"},
      {Value::Is::number, "임의의 숫자"},
      {Value::Is::word, "임의의 단어"},
      {Value::Is::text, "임의의 문자열"},
      {Value::Is::time, "임의의 시각"},
      {Value::Is::anything, "임의의 값"},
      {Value::Is::members, "멤버 {count}개"},
      {Value::Is::elements, "원소 {count}개"},
      {Value::Is::bag, "원소 {count}개(순서 무관)"},
      {Value::Is::calls, "호출 {count}번"},
      {Value::Is::moved, "{moved}만큼 변화"},
      {Value::Is::no_number, "숫자 아님"},
      {Value::Is::names, "{text}"},

      // -- codes: reasons, remarks, next steps

      {ReasonCode::scenario_error, "{where}{cause}"},
      {ReasonCode::rule_not_computed, "{where}{rule} 규칙: {error}"},
      {ReasonCode::unreachable, "{where}{cause}"},
      {ReasonCode::target_lost, "{where}{attempt}번 시도가 실패했습니다: {cause}"},
      {Otherwise::serial_run_failed, "{where}순차 실행({order})이 실패했습니다: {cause}"},
      {Otherwise::second_look_failed,
       "{where}{attempt}번 시도의 상태를 다시 읽지 못했습니다: {cause}"},
      {ReasonCode::interrupted,
       "순차 실행 {serial_runs}회와 시도 {attempts}회를 마친 뒤 실행이 중단되었습니다."},
      {ReasonCode::learning_too_long,
       "모든 순서를 학습하는 데 시간 예산의 절반보다 오래 걸립니다."},
      {ReasonCode::runs_differ,
       "같은 순서({order})를 반복했는데 {place} 값이 서로 다릅니다: {values}."},
      {ReasonCode::resets_differ, "초기화한 뒤의 {place} 값이 서로 다릅니다: {values}."},
      {ReasonCode::more_places_differ,
       "값이 다른 곳이 {places}곳 더 있습니다(전체는 run.json에 있습니다)."},
      {ReasonCode::odd_resets, "시도 {attempts}회가 초기화 직후의 상태에서 시작하지 않았습니다."},
      {ReasonCode::controls_drifted,
       "순차 대조 실행 {controls}회 가운데 {drifted}회의 결과가 이전과 다릅니다."},
      {ReasonCode::unproven,
       "시도 {attempts}회의 결과와 일치하는 순서가 없습니다. 그러나 그 뒤의 순차 실행이 "
       "{serial_runs}회뿐이어서, 경쟁 상태인지 저절로 바뀌는 값인지 구별할 수 없습니다."},
      {ReasonCode::one_connection,
       "대상 서버가 한 번에 연결 하나만 처리하므로 요청이 겹칠 수 없습니다. 워커를 늘리십시오."},
      {ReasonCode::nothing_answered,
       "어떤 스크립트도 응답을 받지 못했습니다. 단독으로 실행해도 마찬가지입니다."},
      {ReasonCode::everything_refused,
       "모든 스크립트가 같은 상태 코드로 거부됩니다. 단독으로 실행해도 마찬가지입니다."},
      {ReasonCode::one_at_a_time,
       "대상 서버가 요청을 한 번에 하나씩만 처리합니다. 두 요청을 함께 보내도 차례로 보낸 만큼 "
       "시간이 걸립니다. 워커를 늘리거나 세션을 두 개 사용하십시오."},
      {ReasonCode::unjudged_refusals,
       "시도 {attempts}회를 판정할 수 없습니다: 제외해 볼 거부된 스크립트의 조합이 너무 "
       "많습니다."},
      {ReasonCode::unjudged_matching,
       "시도 {attempts}회를 판정할 수 없습니다: 순서와 대응시킬 방법이 너무 많습니다."},
      {ReasonCode::unjudged_half_done,
       "시도 {attempts}회를 판정할 수 없습니다: 응답을 받지 못한 스크립트의 일부가 이미 "
       "반영되었습니다."},
      {ReasonCode::unjudged_orders,
       "시도 {attempts}회를 판정할 수 없습니다: 학습한 순서와 일치하지 않고, 나머지 순서는 모두 "
       "학습하기에 너무 많습니다. 서로 다른 스크립트의 수를 줄이십시오."},
      {ReasonCode::waiting_for_runs,
       "시도 {attempts}회의 판정에 필요한 순차 실행을 제때 마치지 못했습니다."},
      {ReasonCode::too_little_effort,
       "시도 {attempts}회 가운데 {counted}회만 유효합니다(겹친 시도 {overlapped}회). {needed}회가 "
       "필요합니다."},
      {ReasonCode::late_calls,
       "상태를 읽은 뒤에 싱크 호출 {calls}번이 도착했습니다. 늦은 호출이 있는 시도는 유효하지 "
       "않습니다. settle: 2s처럼 settle로 시간을 더 주십시오."},
      {ReasonCode::order_not_seen, "이 순서의 결과가 나온 시도가 없습니다: {order}."},
      {ReasonCode::first_not_seen, "{script} 스크립트가 먼저 처리된 시도가 없습니다."},
      {ReasonCode::budget_spent, "시간 예산 {budget_s}초를 모두 사용했습니다."},

      {RemarkCode::repeats_one_schedule, "모든 시도가 한 스케줄을 반복합니다: {schedule}."},
      {RemarkCode::observes_no_state, "시나리오가 상태를 관찰하지 않으므로 응답만 판정합니다."},
      {RemarkCode::speaks_http2, "대상 서버는 HTTP/2를 사용합니다."},
      {RemarkCode::overlap_untellable,
       "대상 서버가 두 요청을 동시에 처리하는지 측정할 수 없습니다. 마지막 요청의 단독 지연 "
       "시간이 {first_ms} ms와 {second_ms} ms인데, 서로 비슷하고 둘 다 5 ms 이상이어야 합니다."},
      {RemarkCode::one_lane_sink_unaddressed,
       "레인을 하나만 사용합니다: 초기화에서 {variable} 값을 대상 서버에 전달하지 않으므로, "
       "병렬로 실행하면 {sink} 호출이 어느 시도의 것인지 알 수 없습니다."},
      {RemarkCode::one_lane_sink_strays,
       "이후로는 레인을 하나만 사용합니다: 시도를 구별하는 {variable} 경로 없이 {sink} 싱크가 "
       "호출되었습니다."},
      {RemarkCode::one_lane_runs_differ,
       "이후로는 레인을 하나만 사용합니다: 병렬 실행과 단독 실행의 {place} 값이 다릅니다."},
      {RemarkCode::one_lane_shared_count,
       "이후로는 레인을 하나만 사용합니다: counts에 있는 {place} 값이 초기화할 때마다 달라서, "
       "다른 시도가 바꿀 수 있습니다."},
      {RemarkCode::sampled_orders,
       "실행 순서가 학습한 {orders}개보다 많습니다. 시드로 추출한 순서와, 시도 결과가 가리키는 "
       "순서만 학습했습니다."},
      {RemarkCode::details_differ,
       "시도 {attempts}회는 목록의 순서나 가변 단어의 내부만 모든 순서와 다릅니다. 경쟁 상태로 "
       "보지 않습니다."},
      {RemarkCode::not_looked_at_again,
       "시도 {attempts}회는 처음에 일치하는 순서가 없었으나 상태를 다시 읽지 않았습니다. "
       "재현율에는 포함하지 않습니다."},
      {RemarkCode::eventual,
       "시도 {attempts}회는 처음에 일치하는 순서가 없었으나 잠시 뒤에는 있었습니다. 읽기가 결과적 "
       "일관성(eventual consistency)을 따릅니다."},
      {RemarkCode::indeterminate,
       "시도 {attempts}회에는 요청의 반영 여부를 알 수 없는 응답(응답 없음, 408, 5xx)이 있습니다. "
       "어느 쪽이든 허용했습니다."},
      {RemarkCode::moved_otherwise,
       "시도 {attempts}회에서 {place} 값은 {seen}입니다. 나머지가 일치하는 순서에서는 "
       "{expected}입니다. 이 값도 비교하려면 counts에 {path}를 추가하십시오."},
      {RemarkCode::permitted,
       "일치하는 순서가 없는 시도 {attempts}회를 시나리오가 허용합니다: {reason}"},
      {RemarkCode::odd_refusal,
       "{script} 스크립트가 경합할 때만 {status} 응답으로 거부되었습니다. 이 경우에는 보통 409로 "
       "응답합니다."},
      {RemarkCode::everyone_refused,
       "시도 {attempts}회에서 모든 스크립트가 거부되어 성공한 쪽이 없습니다."},
      {RemarkCode::error_seen,
       "시도 {attempts}회에서 {script} 스크립트가 {status} 응답을 받았습니다. 단독으로 실행할 때는 "
       "없던 일입니다."},
      {Otherwise::no_answer_seen,
       "시도 {attempts}회에서 {script} 스크립트가 응답을 받지 못했습니다. 단독으로 실행할 때는 "
       "없던 일입니다."},
      {RemarkCode::sink_never_called,
       "{sink} 싱크가 한 번도 호출되지 않았습니다. 대상 서버가 {url} 주소를 알고 있습니까?"},
      {RemarkCode::sink_late,
       "상태를 읽은 뒤에 {sink} 싱크 호출 {calls}번이 도착했습니다. 어느 시도의 것인지 알 수 "
       "없습니다."},
      {RemarkCode::sink_turned_away,
       "{sink} 싱크가 호출 {calls}번을 거부했습니다: HTTP/1.1이 아니거나 본문이 1 MB를 넘습니다."},
      {RemarkCode::machine_crowded,
       "이 컴퓨터가 바빴습니다. 다른 프로세스가(이 컴퓨터에서 실행 중이라면 대상 서버도) 코어 "
       "{cores}개 가운데 {others}개를 사용했습니다. 함께 보낸 요청이 동시에 처리되지 않을 수 "
       "있습니다."},
      {RemarkCode::self_check_failed, "자체 점검에 실패했습니다: {cause}."},
      {RemarkCode::self_check_blind,
       "자체 점검에서 {window} 경쟁 구간을 찾지 못했으므로 “발견되지 않음”은 근거가 약합니다. 이 "
       "컴퓨터가 바쁜 상태입니다. 한가할 때 다시 실행하거나 deadheat doctor로 확인하십시오."},

      {StepCode::mask_what_differs,
       "이 값이 중요하지 않다면 아래 mask를 시나리오에 추가하고 다시 실행하십시오."},
      {StepCode::make_fresh_resource,
       "매번 같은 상태에서 시작하도록, 초기화할 때마다 새 리소스를 만드십시오."},
      {StepCode::give_learning_more_time,
       "run.budget을 늘리거나, 스크립트를 줄이거나, 레인을 늘리십시오."},
      {StepCode::use_own_target,
       "실행하는 동안 다른 누군가가 데이터를 바꿉니다. 전용 대상 서버에서 실행하십시오."},
      {StepCode::give_proof_more_time,
       "run.budget(또는 --budget)을 늘리십시오. 초기화할 때마다 새 리소스를 만든다면 run.lanes를 "
       "늘려도 됩니다. 입증하려면 순차 실행이 더 필요합니다."},
      {StepCode::raise_budget, "run.budget(또는 --budget)을 늘리십시오."},
      {StepCode::raise_attempts,
       "run.attempts(또는 --attempts)를 늘리십시오. 유효한 시도가 부족하면 최대 세 배까지 "
       "시도합니다."},
      {StepCode::start_target, "대상 서버를 시작하거나 target:(또는 --target)을 바로잡으십시오."},
      {StepCode::keep_target_up,
       "대상 서버가 계속 실행되도록 한 뒤, 같은 시드로 다시 실행하십시오."},
      {StepCode::fix_server_or_rule,
       "서버나 규칙을 고친 뒤 다시 실행하십시오. --keep-going을 지정하면 그대로 경쟁시킵니다."},
      {StepCode::quieten_machine,
       "이 컴퓨터의 다른 작업을 멈추거나(다른 프로세스가 코어 {cores}개 가운데 {others}개를 "
       "사용했습니다) --attempts를 늘리십시오."},

      {Misfit::Is::no_json,
       "{offset}번째 바이트에서 JSON이 아닙니다: {found}; run.json이 필요합니다"},
      {Misfit::Is::no_run, "run.json이 아닙니다: version이 없습니다"},
      {Misfit::Is::old_version,
       "이전 버전의 deadheat이 만든 버전 {found} run.json입니다. 시나리오를 다시 실행하십시오"},
      {Misfit::Is::new_version,
       "더 새로운 deadheat이 만든 버전 {found} run.json입니다. 이 프로그램은 버전 {expected}을 "
       "읽습니다"},
      {Misfit::Is::missing, "{path}: 없습니다"},
      {Misfit::Is::unexpected, "{path}: {expected}이(가) 필요하지만 {found}이(가) 있습니다"},
  };
  return rows;
}

}  // namespace report
