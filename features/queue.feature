@A-01 @A-04 @A-06
Feature: Waiting for an agent
  Callers wait in order, with music, and no free agent is kept from them.

  Background:
    Given the call centre is open

  Scenario: All agents are busy
    Given agent 1001 is on duty and ready
    And a caller is talking with agent 1001
    When a second caller dials the queue number
    Then the second caller hears waiting music within 3 seconds
    And the supervisor sees 1 caller waiting

  Scenario: A waiting caller is served when the agent becomes free
    Given agent 1001 is on duty and ready
    And a caller is talking with agent 1001
    And a second caller is waiting in the queue
    When agent 1001 hangs up
    Then the telephone of agent 1001 rings within 10 seconds
    When agent 1001 answers
    Then the second caller and agent 1001 hear each other
    And the supervisor sees 0 callers waiting

  Scenario: First come, first served
    Given a first caller is waiting in the queue
    And a second caller is waiting in the queue
    When agent 1001 signs on and becomes ready
    Then the telephone of agent 1001 rings within 2 seconds
    When agent 1001 answers
    Then the first caller and agent 1001 hear each other
    And the supervisor sees 1 caller waiting

  Scenario: A waiting caller gives up
    Given a first caller is waiting in the queue
    When the first caller hangs up
    Then the supervisor sees 0 callers waiting
    And the circuit is free again within 2 seconds

  @A-02
  Scenario: The agent who has been idle longest is rung
    Given agent 1001 is on duty and ready
    And 5 seconds pass
    And agent 1002 is on duty and ready
    When a caller dials the queue number
    Then the telephone of agent 1001 rings within 3 seconds
    And the telephone of agent 1002 does not ring

  Scenario: An agent who does not answer is passed over
    Given agent 1001 is on duty and ready
    And 5 seconds pass
    And agent 1002 is on duty and ready
    When a caller dials the queue number
    And the telephone of agent 1001 rings within 3 seconds
    And agent 1001 does not answer
    Then the telephone of agent 1002 rings within 40 seconds
    And agent 1001 is shown as "not ready"
